//! What somebody signs in for: the request of a client that is in progress in their browser, if the
//! sign-in leads back to one. The pages then say who asks, in the language of the request, and have
//! a way back.

use std::sync::Arc;

use leptos::prelude::*;
use model::{
    Language,
    cache::{Client, Product},
    client::dynamic::by_url,
    email::Email,
    interaction::{self, Interaction, PartiesError},
    redirect_uri,
    texts::{self, Place, Texts, portal::Portal},
};

use crate::{components::form::Csrf, error::PageError, extract::Visitor, layout::Page, pages::local_path};

/// What somebody signs in for, and how to speak to them.
#[derive(Clone)]
pub(super) struct Asking {
    /// The language of the request in progress, else the one that the browser prefers.
    pub(super) language: Language,
    client: Option<Arc<Asked>>,
}

/// A client that waits for its answer.
struct Asked {
    sealed: String,
    interaction: Interaction,
    client: Arc<Client>,
    product: Arc<Product>,
}

/// Terms and privacy policy of a product, if they are on the web.
fn links(product: &Product, texts: &Texts) -> Option<AnyView> {
    let terms = (product.terms_url.clone(), (texts.consent.terms)(&product.name));
    let privacy = (product.privacy_url.clone(), texts.consent.privacy.to_owned());
    let web = |url: &String| url.starts_with("https://") || url.starts_with("http://");
    let links: Vec<(String, String)> =
        [terms, privacy].into_iter().filter_map(|(url, words)| Some((url.filter(web)?, words))).collect();
    if links.is_empty() {
        return None;
    }
    let links = links
        .into_iter()
        .map(|(url, words)| view! { <a href=url target="_blank" rel="noopener noreferrer">{words}</a> })
        .collect_view();
    Some(view! { <p class="auth-back__links">{links}</p> }.into_any())
}

/// A path below our own root; pictures come from nowhere else.
pub(super) fn rooted(path: &str) -> String {
    format!("/{}", path.trim_start_matches(['/', '\\']))
}

impl Asking {
    /// What `return_to` leads back to. A request that cannot go on in this browser is none: what to
    /// do about it is said where it would go on.
    pub(super) async fn of(visitor: &Visitor, return_to: &str) -> Result<Self, PageError> {
        let ctx = visitor.ctx();
        let sealed = local_path(return_to).and_then(interaction::sealed_in).unwrap_or_default();
        let Ok(interaction) = Interaction::open(ctx, visitor.browser.known(), &sealed) else {
            let over = Interaction::peek(ctx, &sealed).and_then(|interaction| interaction.request.language);
            return Ok(Self { language: over.unwrap_or(visitor.language), client: None });
        };
        let language = interaction.request.language.unwrap_or(visitor.language);
        let client = match interaction.parties(ctx).await {
            Ok((client, product)) => Some(Arc::new(Asked { sealed, interaction, client, product })),
            Err(PartiesError::Gone) => None,
            Err(PartiesError::Fault(fault)) => return Err(fault.into()),
        };
        Ok(Self { language, client })
    }

    /// For nobody but the portal, in its own language.
    pub(super) const fn of_the_portal() -> Self {
        Self { language: Language::English, client: None }
    }

    /// The texts to speak with.
    pub(super) const fn texts(&self) -> &'static Texts {
        texts::of(self.language)
    }

    /// Those of the portal's pages.
    pub(super) const fn portal(&self) -> &'static Portal {
        self.texts().portal
    }

    /// A page with one card in the right language, whose forms may lead to the client in the end.
    pub(super) fn card(&self, title: impl Into<String>) -> Page {
        let request = self.client.as_ref().map(|asked| &asked.interaction.request);
        let schemes = request.and_then(|request| request.redirected_to()).map(redirect_uri::schemes_beyond);
        Page::card(title).language(self.language).leads_on(schemes.unwrap_or_default())
    }

    /// The address that the client believes to be theirs, if that is what it has sent.
    pub(super) fn login_hint(&self) -> Option<String> {
        let hint = self.client.as_ref()?.interaction.request.login_hint.as_deref()?;
        Email::parse(hint).ok().map(|email| email.typed)
    }

    /// What the person signs in to, if it is not the portal itself.
    pub(super) fn sign_in_to(&self) -> Option<String> {
        self.client.as_ref().map(|asked| (self.texts().login.heading)(&asked.product.name))
    }

    /// The head of a card: who asks, and what this is. Where it is more than the sign-in to the
    /// client, the client's name stands apart from it.
    pub(super) fn head(&self, heading: impl Into<String>, lead: Option<String>) -> AnyView {
        let heading = heading.into();
        let lead = lead.map(|lead| view! { <p>{lead}</p> });
        let Some(asked) = &self.client else {
            return view! {
                <header>
                    <h1>{heading}</h1>
                    {lead}
                </header>
            }
            .into_any();
        };
        let texts = self.texts();
        let logo = rooted(asked.client.shown_with(&asked.product));
        // The one thing about it that it has not chosen by itself.
        let host = by_url::host(&asked.interaction.request.client_id);
        let host =
            host.map(|host| view! { <p>{texts.consent.published_at} " " <strong><bdi>{host}</bdi></strong></p> });
        let sign_in_to = (texts.login.heading)(&asked.product.name);
        let by = view! { <p><bdi>{(texts.by)(&asked.product.organization_name)}</bdi></p> };
        let (name, heading) = if heading == sign_in_to {
            (view! { <h1><bdi>{heading}</bdi></h1> }.into_any(), None)
        } else {
            let name = view! { <p class="auth-client__name"><bdi>{sign_in_to}</bdi></p> }.into_any();
            (name, Some(view! { <h1>{heading}</h1> }))
        };
        view! {
            <header>
                <div class="auth-client">
                    <img class="logo logo--large" src=logo alt="" width="56" height="56"/>
                    <div>{name} {by}</div>
                </div>
                {host}
                {heading}
                {lead}
            </header>
        }
        .into_any()
    }

    /// The way back to the client, which is told that the person has cancelled, and where that is.
    /// Stands at the bottom of a card.
    pub(super) fn way_back(&self) -> Option<AnyView> {
        let asked = self.client.as_ref()?;
        let place = asked.interaction.request.redirect_uri().map(Place::of);
        let texts = self.texts();
        let back = view! {
            <form class="auth-back" method="post" action=interaction::GOES_ON>
                <Csrf/>
                <input type="hidden" name="i" value=asked.sealed.clone()/>
                <button class="button button--ghost button--block" name="decision" value="cancel">
                    {(texts.cancel_to)(&asked.product.name)}
                </button>
                <p>{(texts.consent.return_to)(place.as_ref())}</p>
                {links(&asked.product, texts)}
            </form>
        };
        Some(back.into_any())
    }
}
