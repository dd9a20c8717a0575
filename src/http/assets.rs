//! The demo's files: carried inside the program, or read from a folder while working on them.

use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use actix_web::http::header::{self, ContentType, EntityTag, IfNoneMatch};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use rust_embed::RustEmbed;
use xxhash_rust::xxh3::xxh3_64;

use super::Site;
use crate::simulation::Simulation;

/// Where the demo's files come from.
#[derive(Clone, Debug)]
pub enum Assets {
    /// From inside the program.
    Embedded,
    /// From a folder, anew for every request.
    Folder(PathBuf),
}

#[derive(RustEmbed)]
#[folder = "web/"]
struct Embedded;

/// The page needs nothing but itself and its own server.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

impl Assets {
    fn read(&self, path: &str) -> Option<Cow<'static, [u8]>> {
        match self {
            Self::Embedded => Embedded::get(path).map(|file| file.data),
            Self::Folder(folder) => std::fs::read(folder.join(contained(path)?)).ok().map(Cow::Owned),
        }
    }
}

/// The path, if it does not lead out of its folder.
fn contained(path: &str) -> Option<&Path> {
    let path = Path::new(path);
    path.components().all(|part| matches!(part, Component::Normal(_))).then_some(path)
}

/// Serves a file of the demo.
pub(super) async fn serve<S: Simulation>(request: HttpRequest) -> HttpResponse {
    let site: &Rc<Site<S>> = request.app_data().expect("every route has its site");
    let path = match request.path().trim_start_matches('/') {
        "" => "index.html",
        path => path,
    };
    let Some((bytes, content_type)) = site.assets.read(path).zip(content_type(path)) else {
        return HttpResponse::NotFound().content_type(ContentType::plaintext()).body("there is no such page\n");
    };
    let tag = EntityTag::new_strong(format!("{:016x}", xxh3_64(&bytes)));
    let (mut response, body) = if knows(&request, &tag) {
        (HttpResponse::NotModified(), Vec::new())
    } else {
        (HttpResponse::Ok(), bytes.into_owned())
    };
    response
        .insert_header((header::CONTENT_TYPE, content_type))
        // Kept, but never shown without asking: after an update, page and server must speak the same protocol.
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::ETAG, tag.to_string()))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        // The address holds the room's name.
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::CROSS_ORIGIN_OPENER_POLICY, "same-origin"))
        .insert_header((header::CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"))
        .insert_header((header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        .body(body)
}

/// Whether the browser has this already (RFC 9110, section 13.1.2).
fn knows(request: &HttpRequest, tag: &EntityTag) -> bool {
    match request.get_header::<IfNoneMatch>() {
        Some(IfNoneMatch::Any) => true,
        Some(IfNoneMatch::Items(known)) => known.iter().any(|known| known.weak_eq(tag)),
        None => false,
    }
}

/// Only what the demo is made of is served.
fn content_type(path: &str) -> Option<&'static str> {
    Some(match path.rsplit_once('.')?.1 {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webmanifest" => "application/manifest+json",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leads_out_of_the_folder() {
        assert!(contained("demo/main.js").is_some());
        for path in ["../Cargo.toml", "/etc/passwd", "demo/../../x.js", "./x.js"] {
            assert!(contained(path).is_none(), "{path}");
        }
    }
}
