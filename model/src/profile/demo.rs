//! The profile of the demo world's developer, with every standard claim.

use uuid::Uuid;

use super::{Profile, picture, save};
use crate::{Context, Fault, db::Tx};

/// Fills it in.
pub(crate) async fn fill(tx: &Tx, ctx: &Context, user: Uuid) -> Result<(), Fault> {
    let text = str::to_owned;
    let profile = Profile {
        name: text("Dev Eloper"),
        given_name: text("Dev"),
        family_name: text("Eloper"),
        middle_name: text("Kim"),
        nickname: text("Devi"),
        preferred_username: text("dev.eloper"),
        profile: text("https://example.com/people/dev"),
        website: text("https://example.com/"),
        gender: text("female"),
        birthdate: text("1990-12-31"),
        zoneinfo: text("Europe/Stockholm"),
        locale: text("sv-SE"),
        phone_number: text("+46701740698"),
        formatted: text("Dev Eloper\nStorgatan 1\n972 31 Luleå\nSweden"),
        street_address: text("Storgatan 1"),
        locality: text("Luleå"),
        region: text("Norrbotten"),
        postal_code: text("972 31"),
        country: text("Sweden"),
    };
    save(tx, ctx, user, profile, Some(ctx.now())).await?;
    picture::store(tx, ctx, user, picture::plain([0x2f, 0x6f, 0x8f])?).await
}
