//! The page that asks what a product may do.

use axum::response::Response;
use maud::{Markup, html};
use model::{
    Context, Fault,
    cache::{self, Product, ProductScope},
    client::dynamic::{self, by_url},
    consent::Consent,
    interaction::Interaction,
    phone,
    subject::Subject,
    user,
};

use super::{Asker, Page, PageError, asker_head, hidden, icon, in_english, texts, web_link};
use crate::{Idp, browser::Browser, flow::portal_sign_in, session::Session};

/// Asks for `ask`; if something was allowed `before`, that is the difference.
///
/// # Errors
///
/// When something fails inside.
pub async fn page(
    idp: &Idp,
    browser: &Browser,
    interaction: &Interaction,
    session: &Session,
    asker: Asker<'_>,
    ask: &[ProductScope],
    before: Option<&Consent>,
) -> Result<Response, PageError> {
    let ctx = &idp.ctx;
    let product = asker.product;
    let operator = match session.operator {
        Some(operator) => Some(cache::operator(ctx, operator).await?.ok_or(PageError::ClientGone)?),
        None => None,
    };
    let name = known_as(ctx, session.subject).await?.ok_or(PageError::SignInAgain)?;
    let more = is_difference(ask, before);
    let sealed = interaction.seal(ctx)?;
    let t = &texts::current().consent;
    let question = Question { product, ask, before, more };
    let published_at = by_url::host(&interaction.request.client_id);
    let returns_to = interaction.request.redirect_uri().map(texts::Place::of);
    // A portal user signs in to an application; a subscriber adds a product.
    let (title, strip) = match session.subject {
        Subject::User(_) => ((texts::current().login.heading)(&product.name), t.strip_account),
        Subject::Subscriber(_) => ((t.title)(&product.name), if more { t.strip_more } else { t.strip }),
    };
    let main = html! {
        form class="page" method="post" action="/consent" {
            (hidden(&sealed, &browser.form_token(ctx)))
            // Whom the page was shown to: an answer for somebody else does not count.
            input type="hidden" name="session" value=(session.id);
            section class="card" {
                p class="strip" { (strip(&name)) }
                (asker_head(asker, &product.name))
                // The one thing about it that it has not chosen by itself.
                @if let Some(host) = &published_at {
                    p class="lead" { (t.published_at) " " strong { bdi { (host) } } }
                }
                @if !product.description.is_empty() { p class="lead" { bdi { (in_english(&product.description)) } } }
            }
            (question.permissions())
            section class="card" aria-labelledby="next" {
                h2 id="next" { (t.next) }
                ul class="facts" {
                    @if dynamic::nobody_has_checked(product) {
                        li { (icon::alert()) span { strong { ((t.nobody_has_checked)(&product.name)) } } }
                    } @else {
                        li { (icon::person()) span { ((t.receives)(&product.organization_name)) } }
                    }
                    li { (icon::clock()) span { ((t.lasts)(&product.name, operator.as_ref().map(|operator| operator.name.as_str()))) } }
                    li { (icon::leave()) span { ((t.return_to)(returns_to.as_ref())) } }
                    @if matches!(&returns_to, Some(texts::Place::Device(name)) if published_at.is_some() || is_localhost(name)) {
                        li { (icon::alert()) span { strong { (t.any_program) } } }
                    }
                }
                (links(product))
                p class="hint" {
                    @match session.subject {
                        Subject::Subscriber(_) => a href={ "/login?i=" (sealed) } { (t.other_number) },
                        Subject::User(_) => a href=(portal_sign_in(&sealed, true)) { (t.other_account) },
                    }
                }
            }
            div class="bar" {
                button class="button button--quiet" name="decision" value="cancel" formnovalidate { (t.cancel) }
                button class="button" name="decision" value="allow" { (t.allow) }
            }
        }
    };
    let page = Page { brand: operator.as_deref(), leads_to: interaction.request.redirected_to(), ..Page::new(&title) };
    Ok(page.respond(ctx, &main)?)
}

/// By what the person recognizes that it is their own account.
pub(super) async fn known_as(ctx: &Context, subject: Subject) -> Result<Option<String>, Fault> {
    Ok(match subject {
        Subject::Subscriber(id) => {
            cache::subscriber(ctx, id).await?.map(|subscriber| phone::mask(&subscriber.phone_number))
        }
        Subject::User(id) => user::find(ctx, id).await?.map(|user| user.email),
    })
}

/// What is asked for, and what was allowed `before`.
pub(super) fn permissions(product: &Product, ask: &[ProductScope], before: Option<&Consent>) -> Markup {
    Question { product, ask, before, more: is_difference(ask, before) }.permissions()
}

/// Whether the answer goes to a name that not only this device gives out: there the warning stands for
/// every client, whoever has checked it.
fn is_localhost(place: &str) -> bool {
    place.split(':').next() == Some("localhost")
}

/// Asked again for what was allowed already is not a difference.
fn is_difference(ask: &[ProductScope], before: Option<&Consent>) -> bool {
    before.is_some_and(|before| ask.iter().all(|scope| !before.scopes.contains(&scope.name)))
}

struct Question<'a> {
    product: &'a Product,
    ask: &'a [ProductScope],
    before: Option<&'a Consent>,
    more: bool,
}

impl Question<'_> {
    fn permissions(&self) -> Markup {
        let name = &self.product.name;
        let t = &texts::current().consent;
        html! {
            section class="card" aria-labelledby="permissions" {
                h2 id="permissions" {
                    (if self.more { (t.would_also_like)(name) } else { (t.would_like)(name) })
                }
                @if self.ask.is_empty() {
                    p class="lead" { (t.nothing) }
                } @else {
                    ul class="permissions" { @for scope in self.ask { (permission(scope, self.before)) } }
                }
                @if self.ask.iter().any(|scope| !scope.optional) {
                    p class="hint" { (star()) ((t.does_not_work_without)(name)) }
                }
                @if self.more { p class="hint" { ((t.before)(name)) } }
            }
        }
    }
}

/// One line, in the person's language if the permission is part of Portico. A required one has a
/// tick, since Cancel is the way to refuse it; an optional one has a box, which is ticked only if the
/// person has ticked it before: without it, the permission would be taken back.
fn permission(scope: &ProductScope, before: Option<&Consent>) -> Markup {
    let had = before.is_some_and(|before| before.scopes.contains(&scope.name));
    let t = texts::current();
    let described = if scope.consent_text.is_empty() { &scope.name } else { &scope.consent_text };
    let words = t.scopes.text(&scope.name).map_or_else(|| in_english(described), |text| html! { (text) });
    html! {
        li {
            @if scope.optional {
                label {
                    span { strong { (words) } small { (t.consent.optional) } }
                    input type="checkbox" name="scope" value=(scope.name) checked[had];
                }
            } @else {
                div {
                    span { strong { (words) "\u{a0}" (star()) } }
                    (icon::check())
                    input type="hidden" name="scope" value=(scope.name);
                }
            }
        }
    }
}

fn star() -> Markup {
    html! { abbr class="req" title=(texts::current().required) { "*" } }
}

/// Terms and privacy policy of the product.
pub(super) fn links(product: &Product) -> Markup {
    let terms = web_link(product.terms_url.as_deref());
    let privacy = web_link(product.privacy_url.as_deref());
    let t = &texts::current().consent;
    html! {
        @if terms.is_some() || privacy.is_some() {
            p class="hint" {
                @if let Some(terms) = terms {
                    a href=(terms) target="_blank" rel="noopener noreferrer" { ((t.terms)(&product.name)) }
                }
                @if terms.is_some() && privacy.is_some() { " \u{a0}·\u{a0} " }
                @if let Some(privacy) = privacy {
                    a href=(privacy) target="_blank" rel="noopener noreferrer" { (t.privacy) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(name: &str, text: &str, optional: bool) -> ProductScope {
        ProductScope {
            name: name.to_owned(),
            consent_text: text.to_owned(),
            optional,
            refreshable: true,
            audiences: Vec::new(),
        }
    }

    #[test]
    fn required_permissions_are_marked_and_optional_ones_not_ticked() {
        let required = permission(&scope("phone", "Know your phone number", false), None).into_string();
        assert!(required.contains("title=\"required\">*</abbr>"), "{required}");
        assert!(required.contains("type=\"hidden\" name=\"scope\" value=\"phone\"") && !required.contains("checkbox"));
        let optional =
            permission(&scope("voicemail.get", "Receive a copy of your voicemail", true), None).into_string();
        assert!(optional.contains("type=\"checkbox\"") && !optional.contains("checked"), "{optional}");
        assert!(!optional.contains('*'));
    }

    #[test]
    fn h7_texts_of_others_are_escaped() {
        let line = permission(&scope("\"><script>", "<img src=x onerror=alert(1)>", true), None).into_string();
        assert!(!line.contains("<script>") && !line.contains("<img"), "{line}");
    }
}
