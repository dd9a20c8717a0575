//! The token of the operators.

use actix_web::Error;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue, WWW_AUTHENTICATE};
use actix_web::middleware::Next;
use hmac::{Hmac, KeyInit, Mac};
use log::warn;
use sha2::Sha256;

use crate::admission::tickets::Secret;
use crate::http::api::{bearer_text, error_response};

/// The message whose authentication codes are compared.
const MESSAGE: &[u8] = b"tickcast operator";

/// Checks tokens. Contains only a hash of the right one.
#[derive(Clone)]
pub struct OperatorToken(Vec<u8>);

impl OperatorToken {
    /// Accepts this token.
    pub fn new(token: &Secret) -> Self {
        Self(mac(token.bytes()).finalize().into_bytes().to_vec())
    }

    /// Whether this is the token. The time that the comparison takes does not depend on how many bytes are right.
    fn accepts(&self, presented: &str) -> bool {
        mac(presented.as_bytes()).verify_slice(&self.0).is_ok()
    }
}

/// The authentication code of [`MESSAGE`] under a token.
fn mac(token: &[u8]) -> Hmac<Sha256> {
    Hmac::<Sha256>::new_from_slice(token).expect("HMAC accepts keys of any length").chain_update(MESSAGE)
}

/// Passes a request with the right token to its route, and refuses any other.
pub(super) async fn check<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let token: &OperatorToken = request.app_data().expect("the token is registered with the routes");
    if bearer_text(request.request()).is_some_and(|presented| token.accepts(presented)) {
        let mut response = next.call(request).await?.map_into_left_body();
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        return Ok(response);
    }
    warn!("refused a request without the operator's token from {:?}", request.peer_addr());
    let mut response = error_response(StatusCode::UNAUTHORIZED, "the operator's token is required");
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    Ok(request.into_response(response).map_into_right_body())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_is_accepted() {
        let secret = "0123456789abcdef0123456789abcdef";
        let token = OperatorToken::new(&secret.parse().expect("long enough"));
        assert!(token.accepts(secret));
        for wrong in ["", "0", &secret[1..], &format!("{secret} "), &secret.to_uppercase()] {
            assert!(!token.accepts(wrong), "{wrong}");
        }
    }
}
