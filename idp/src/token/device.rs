//! The device grant (RFC 8628, section 3.4).

use model::{
    device,
    entity::ClientKind,
    grant::{self, RedeemError},
    poll::PollError,
    scopes,
};

use super::{TokenError, TokenRequest, Tokens, respond};

/// What a person has allowed to the device that asks, once they have.
pub(super) async fn device_code(request: TokenRequest<'_>) -> Result<Tokens, TokenError> {
    let TokenRequest { ctx, params, client, product, confirmation } = request.clone();
    let device_code = params.get("device_code").ok_or(TokenError::Missing("device_code"))?;
    let code = device::poll(ctx, client, device_code).await?;
    // The product may have lost a scope since it was allowed.
    let target = request.target(&code.resources, &scopes::among(&code.scopes, &product.scope_names()), &[])?;
    let bound = confirmation.filter(|_| client.kind == ClientKind::Public);
    let grant = match grant::redeem(ctx, client, product, code, bound).await {
        Err(RedeemError::Expired) => return Err(PollError::Expired.into()),
        redeemed => redeemed?,
    };
    respond(&request, &grant, &target, None).await
}

/// The error code of a poll that gives nothing (RFC 8628, section 3.5; OpenID
/// Connect CIBA 1.0, section 11).
pub(super) const fn code_of(error: &PollError) -> &'static str {
    match error {
        PollError::Unknown | PollError::ForeignClient | PollError::Fault(_) => "invalid_grant",
        PollError::Pending => "authorization_pending",
        PollError::SlowDown => "slow_down",
        PollError::Denied => "access_denied",
        PollError::Expired => "expired_token",
    }
}
