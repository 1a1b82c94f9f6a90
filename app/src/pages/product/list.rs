//! The products of an organization, as its first page shows them.

use leptos::prelude::*;
use model::product::Listed;

use super::{access::product_path, frame, words::count};
use crate::components::{icon::Glyph, misc::Empty};

/// Cards of products, or what to do when there are none. `create` is where one is created, for
/// members who may.
#[component]
pub fn ProductList(
    /// See [`model::product::Of::list`].
    products: Vec<Listed>,
    /// The path of the form that creates one.
    create: Option<String>,
) -> impl IntoView {
    if products.is_empty() {
        let text = "A product is what you offer to subscribers or operators. It holds your OAuth clients, the scopes \
                    that they may ask for, and where it is available.";
        return view! {
            <Empty glyph=Glyph::Box title="No products yet" text=text>
                {create.map(|path| view! { <a class="button button--primary" href=path>"Create product"</a> })}
                <a class="button button--ghost" href="/help/redirect-uris">"How a client gets a token"</a>
            </Empty>
        }
        .into_any();
    }
    view! { <ul class="cards">{products.into_iter().map(card).collect_view()}</ul> }.into_any()
}

fn card(listed: Listed) -> impl IntoView {
    let Listed { product, clients, operators, offered } = listed;
    let (class, state) = match (operators, offered) {
        (0, 0) => ("state state--draft", "Not offered yet".to_owned()),
        (0, n) => ("state state--offered", format!("Offered to {}", count(n, "operator", "operators"))),
        (n, _) => ("state state--active", format!("Live with {}", count(n, "operator", "operators"))),
    };
    let clients = if clients == 0 { "No clients".to_owned() } else { count(clients, "client", "clients") };
    view! {
        <li class="card-link">
            <img class="logo" src=frame::logo(&product) alt="" width="40" height="40"/>
            <div>
                <h2><a href=product_path(product.id)>{product.name}</a></h2>
                <span class="muted">{frame::audience(product.audience)}</span>
            </div>
            {(!product.description.is_empty()).then(|| view! { <p>{product.description}</p> })}
            <p class="cluster">
                <span class=class>{state}</span>
                <span>{clients}</span>
            </p>
        </li>
    }
}
