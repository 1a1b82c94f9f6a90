//! What the documents point to exists: pages, headings, pictures, and what they name of the demo
//! world. That their commands work is seen in `end2end/tests/libraries-documents.spec.ts`.

use std::{fs, path::PathBuf};

use model::{cache, demo, secret};

use crate::harness::App;

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The documents, by their paths in the repository.
fn documents() -> Vec<(PathBuf, String)> {
    let docs = fs::read_dir(repository().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let docs = docs.filter(|path| path.extension().is_some_and(|ending| ending == "md"));
    let at_root = ["README.md", "CHANGELOG.md"].map(|name| repository().join(name));
    let read = |path: PathBuf| (path.clone(), fs::read_to_string(path).unwrap());
    at_root.into_iter().chain(docs).map(read).collect()
}

/// Without what stands in fences.
fn prose(text: &str) -> String {
    text.split("\n```").step_by(2).collect()
}

/// The targets of links and pictures.
fn targets(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

/// The anchors of a page's headings.
fn anchors(text: &str) -> Vec<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| {
        let words = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = words.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn every_link_leads_to_a_page_a_heading_or_a_picture() {
    let mut links = 0;
    for (path, text) in documents() {
        let text = prose(&text);
        for target in targets(&text).filter(|target| !target.starts_with("http")) {
            let at = format!("{}: {target}", path.display());
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            assert!(file.is_file(), "{at}");
            if !anchor.is_empty() {
                let page = prose(&fs::read_to_string(&file).unwrap());
                assert!(anchors(&page).iter().any(|known| known == anchor), "{at}");
            }
            links += 1;
        }
    }
    assert!(links > 60, "{links}");
}

#[test]
fn the_index_names_every_page() {
    let index = fs::read_to_string(repository().join("docs/README.md")).unwrap();
    for (path, _) in documents() {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap();
        let in_docs = path.parent().is_some_and(|folder| folder.ends_with("docs"));
        assert!(!in_docs || name == "README.md" || targets(&index).any(|target| target == name), "{name}");
    }
}

#[test]
fn every_picture_has_a_text_from_which_it_is_drawn() {
    let folder = repository().join("docs/pictures");
    let names = |ending: &str| {
        let paths = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        let mut found: Vec<_> = paths.filter(|path| path.extension().is_some_and(|is| is == ending)).collect();
        found.iter_mut().for_each(|path| {
            path.set_extension("");
        });
        found.sort();
        found
    };
    assert_eq!(names("svg"), names("txt"), "draw them with scripts/pictures");
}

/// The words of a text that begin with `start`, made of what `belongs`.
fn words<'a>(text: &'a str, start: &'a str, belongs: fn(char) -> bool) -> impl Iterator<Item = &'a str> {
    text.match_indices(start).filter_map(move |(at, _)| {
        let before = text[..at].chars().next_back();
        let rest = &text[at..];
        let end = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
        (!before.is_some_and(belongs)).then(|| &rest[..end])
    })
}

#[tokio::test]
async fn what_the_documents_name_is_in_the_demo_world() {
    let app = App::demo().await;
    let mut found = 0;
    for (path, text) in documents() {
        let at = |what: &str| format!("{}: {what}", path.display());
        for word in words(&text, "demo-", |c| c.is_ascii_alphanumeric() || c == '-') {
            let client_id = word.strip_suffix("-secret").unwrap_or(word);
            let client = cache::client(&app.ctx, client_id).await.unwrap();
            let client = client.unwrap_or_else(|| panic!("{}", at(word)));
            let hash = secret::hash(word);
            assert!(word == client_id || client.secrets.iter().any(|known| known.hash == hash), "{}", at(word));
            found += 1;
        }
        for line in text.lines().filter(|line| line.contains("redirect_uri=http")) {
            let value = |name| {
                let end = |c: char| matches!(c, '&' | '"' | '\'' | '`') || c.is_whitespace();
                line.split_once(name).and_then(|(_, rest)| rest.split(end).next())
            };
            let client_id = value("?client_id=").or(value("&client_id="));
            let client_id = client_id.filter(|client_id| client_id.starts_with("demo-"));
            if let (Some(client_id), Some(uri)) = (client_id, value("redirect_uri=")) {
                let client = cache::client(&app.ctx, client_id).await.unwrap().unwrap();
                assert!(client.redirect_uris.iter().any(|known| known == uri), "{}", at(line));
                found += 1;
            }
        }
        for (host, _) in text.match_indices("@portico.test").chain(text.match_indices("@nordtel.test")) {
            let name = text[..host].rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap();
            let known = demo::USERS.iter().any(|(email, ..)| text[host - name.len()..].starts_with(email));
            assert!(known, "{}", at(name));
            found += 1;
        }
    }
    assert!(found > 60, "{found}");
}
