//! A number is E.164 or none; every spelling of it is the same number.

#![no_main]

use libfuzzer_sys::fuzz_target;
use model::phone::PhoneNumber;

fuzz_target!(|text: &str| {
    let Ok(number) = PhoneNumber::parse(text) else { return };
    let digits = number.as_str().strip_prefix('+').expect("a plus sign");
    assert!(digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0'), "{text:?}");
    assert!((7..=15).contains(&digits.len()), "{text:?}");

    let spaced: String = digits.chars().flat_map(|digit| [digit, ' ']).collect();
    let wide: String = digits.bytes().filter_map(|byte| char::from_u32(0xff10 + u32::from(byte - b'0'))).collect();
    for other in
        [number.as_str().to_owned(), format!("00{digits}"), format!("tel:+{spaced}"), format!("\u{202a}+{wide}")]
    {
        assert!(PhoneNumber::parse(&other).as_ref() == Ok(&number), "{other:?} is another number than {text:?}");
    }
    // Nothing that is shown or logged names it.
    assert!(!number.masked().contains(number.as_str()) && !format!("{number:?}").contains(number.as_str()));
});
