//! The CIBA grant (OpenID Connect CIBA 1.0, section 10.1).

use model::{
    ciba,
    entity::ClientKind,
    grant::{self, RedeemError},
    poll::PollError,
    scopes,
};

use super::{TokenError, TokenRequest, Tokens, respond};

/// What a subscriber has allowed on the phone, once they have.
pub(super) async fn ciba(request: TokenRequest<'_>) -> Result<Tokens, TokenError> {
    let TokenRequest { ctx, params, client, product, .. } = request.clone();
    if client.kind != ClientKind::Confidential {
        return Err(TokenError::UnauthorizedClient);
    }
    let auth_req_id = params.get("auth_req_id").ok_or(TokenError::Missing("auth_req_id"))?;
    let code = ciba::poll(ctx, client, auth_req_id).await?;
    // The product may have lost a scope since it was allowed.
    let target = request.target(&code.resources, &scopes::among(&code.scopes, &product.scope_names()), &[])?;
    // Of a confidential client the refresh token is bound to its authentication already.
    let grant = match grant::redeem(ctx, client, product, code, None).await {
        Err(RedeemError::Expired) => return Err(PollError::Expired.into()),
        redeemed => redeemed?,
    };
    respond(&request, &grant, &target, None).await
}
