//! Static files: embedded in the program, or read from a folder.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use actix_web::http::header::{
    self, AcceptEncoding, ContentEncoding, ContentType, Encoding, EntityTag, IfNoneMatch, Preference, Quality,
};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use tickcast_game::Simulation;
use xxhash_rust::xxh3::xxh3_64;

use super::Site;

/// The default Content-Security-Policy: allows only resources of the same origin, including WebAssembly.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
     img-src 'self'; font-src 'self'; media-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'";

/// Encodings of compressed copies of files, and the suffix that a file name has for each encoding. The best encoding comes
/// first.
const COMPRESSED: [(ContentEncoding, &str); 2] = [(ContentEncoding::Brotli, ".br"), (ContentEncoding::Gzip, ".gz")];

/// The static files of a server. They are served at all paths that no other route handles; `/` serves `index.html`.
///
/// The file extension determines the content type. Files with an unknown extension are not served. A client that accepts
/// compressed content gets the file with the same name and the suffix `.br` (brotli) or `.gz` (gzip), if there is such a
/// file. The crate `tickcast-pack` creates such files.
///
/// ```
/// use tickcast::Assets;
///
/// let assets = Assets::folder("web").content_type("replay", "application/octet-stream");
/// ```
#[derive(Clone, Debug)]
pub struct Assets {
    source: Source,
    /// Content types by extension, in addition to the well-known ones.
    content_types: BTreeMap<String, String>,
    content_security_policy: Cow<'static, str>,
    /// Folder whose files never change.
    immutable: Option<String>,
    /// Files that are not in the source, by path.
    files: BTreeMap<&'static str, &'static [u8]>,
}

/// The content of a file.
struct Content {
    bytes: Cow<'static, [u8]>,
    encoding: Option<ContentEncoding>,
}

#[derive(Clone, Debug)]
enum Source {
    None,
    Folder(PathBuf),
    #[cfg(feature = "embed")]
    Embedded(&'static include_dir::Dir<'static>),
}

impl Default for Assets {
    fn default() -> Self {
        Self::none()
    }
}

impl Assets {
    /// No files.
    #[must_use]
    pub fn none() -> Self {
        Self::new(Source::None)
    }

    /// The files below a folder. A file is read again for each request.
    #[must_use]
    pub fn folder(path: impl Into<PathBuf>) -> Self {
        Self::new(Source::Folder(path.into()))
    }

    /// The files of a folder that the crate `include_dir` embeds in the program.
    #[cfg(feature = "embed")]
    #[must_use]
    pub fn embedded(folder: &'static include_dir::Dir<'static>) -> Self {
        Self::new(Source::Embedded(folder))
    }

    fn new(source: Source) -> Self {
        let content_security_policy = CONTENT_SECURITY_POLICY.into();
        Self { source, content_types: BTreeMap::new(), content_security_policy, immutable: None, files: BTreeMap::new() }
    }

    /// Serves files with this extension (without a dot) as `content_type`.
    #[must_use]
    pub fn content_type(mut self, extension: impl Into<String>, content_type: impl Into<String>) -> Self {
        self.content_types.insert(extension.into(), content_type.into());
        self
    }

    /// Replaces the default [`CONTENT_SECURITY_POLICY`].
    #[must_use]
    pub fn content_security_policy(mut self, policy: impl Into<Cow<'static, str>>) -> Self {
        self.content_security_policy = policy.into();
        self
    }

    /// Lets browsers cache the files in this folder for a year without asking again. The names of these files must contain
    /// a hash of their content.
    #[must_use]
    pub fn immutable(mut self, folder: impl Into<String>) -> Self {
        self.immutable = Some(folder.into() + "/");
        self
    }

    /// Adds a file with this path, such as `game.wasm`. It takes precedence over a file of the folder with the same path. A file
    /// with the further suffix `.br` or `.gz` is its compressed copy.
    #[must_use]
    pub fn file(mut self, path: &'static str, content: &'static [u8]) -> Self {
        self.files.insert(path, content);
        self
    }

    fn is_immutable(&self, path: &str) -> bool {
        self.immutable.as_deref().is_some_and(|folder| path.starts_with(folder))
    }

    /// Reads the best copy of a file that the client accepts.
    fn read_accepted(&self, path: &str, accepted: Option<&AcceptEncoding>) -> Option<Content> {
        let compressed = COMPRESSED.into_iter().filter(|(encoding, _)| accepts(accepted, *encoding));
        let mut copies = compressed.filter_map(|(encoding, suffix)| {
            let bytes = self.read(&format!("{path}{suffix}"))?;
            Some(Content { bytes, encoding: Some(encoding) })
        });
        copies.next().or_else(|| Some(Content { bytes: self.read(path)?, encoding: None }))
    }

    fn read(&self, path: &str) -> Option<Cow<'static, [u8]>> {
        if let Some(content) = self.files.get(path) {
            return Some((*content).into());
        }
        match &self.source {
            Source::None => None,
            Source::Folder(folder) => std::fs::read(folder.join(relative(path)?)).ok().map(Cow::Owned),
            #[cfg(feature = "embed")]
            Source::Embedded(folder) => folder.get_file(path).map(|file| file.contents().into()),
        }
    }

    fn content_type_of(&self, path: &str) -> Option<Cow<'_, str>> {
        let extension = Path::new(path).extension()?.to_str()?;
        if let Some(content_type) = self.content_types.get(extension) {
            return Some(content_type.into());
        }
        let content_type = mime_guess::from_ext(extension).first_raw()?;
        let is_text = content_type.starts_with("text/");
        Some(if is_text { format!("{content_type}; charset=utf-8").into() } else { content_type.into() })
    }
}

/// Returns the path if none of its components could lead out of the folder.
fn relative(path: &str) -> Option<&Path> {
    let path = Path::new(path);
    path.components().all(|part| matches!(part, Component::Normal(_))).then_some(path)
}

/// Whether the client accepts content in this encoding (RFC 9110, section 12.5.3).
fn accepts(accepted: Option<&AcceptEncoding>, encoding: ContentEncoding) -> bool {
    let wanted = Preference::Specific(Encoding::Known(encoding));
    let mut items = accepted.into_iter().flat_map(|accepted| accepted.iter());
    items.any(|item| item.item == wanted && item.quality > Quality::ZERO)
}

/// Serves a static file.
pub(super) async fn serve<S: Simulation>(request: HttpRequest) -> HttpResponse {
    let assets = &Site::<S>::of(&request).assets;
    let path = match request.path().trim_start_matches('/') {
        "" => "index.html",
        path => path,
    };
    let accepted = request.get_header::<AcceptEncoding>();
    let found = assets.content_type_of(path).zip(assets.read_accepted(path, accepted.as_ref()));
    let Some((content_type, content)) = found else {
        return HttpResponse::NotFound().content_type(ContentType::plaintext()).body("not found\n");
    };
    let tag = EntityTag::new_strong(format!("{:016x}", xxh3_64(&content.bytes)));
    let (mut response, body) = if is_cached(&request, &tag) {
        (HttpResponse::NotModified(), Vec::new())
    } else {
        (HttpResponse::Ok(), content.bytes.into_owned())
    };
    // Browsers must revalidate cached files outside the `immutable` folder on each use. Otherwise, a page that was cached
    // before an update of the server could use another version of the protocol.
    let caching = if assets.is_immutable(path) { "public, max-age=31536000, immutable" } else { "no-cache" };
    if let Some(encoding) = content.encoding {
        response.insert_header(encoding);
    }
    response
        .insert_header((header::CONTENT_TYPE, &*content_type))
        .insert_header((header::VARY, "Accept-Encoding"))
        .insert_header((header::CACHE_CONTROL, caching))
        .insert_header((header::ETAG, tag.to_string()))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        // The address of the page contains the room name, which other sites must not receive.
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::CROSS_ORIGIN_OPENER_POLICY, "same-origin"))
        .insert_header((header::CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"))
        .insert_header((header::CONTENT_SECURITY_POLICY, &*assets.content_security_policy))
        .body(body)
}

/// Whether the browser has this version in its cache (RFC 9110, section 13.1.2).
fn is_cached(request: &HttpRequest, tag: &EntityTag) -> bool {
    match request.get_header::<IfNoneMatch>() {
        Some(IfNoneMatch::Any) => true,
        Some(IfNoneMatch::Items(cached)) => cached.iter().any(|cached| cached.weak_eq(tag)),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leaves_the_folder() {
        assert!(relative("demo/main.js").is_some());
        for path in ["../Cargo.toml", "/etc/passwd", "demo/../../x.js", "./x.js"] {
            assert!(relative(path).is_none(), "{path}");
        }
    }

    #[test]
    fn content_types_follow_from_extensions() {
        let assets = Assets::none().content_type("level", "application/x-level");
        for (path, expected) in [
            ("index.html", Some("text/html; charset=utf-8")),
            ("main.js", Some("text/javascript; charset=utf-8")),
            ("game.wasm", Some("application/wasm")),
            ("data.json", Some("application/json")),
            ("font.woff2", Some("font/woff2")),
            ("shot.mp3", Some("audio/mpeg")),
            ("ship.glb", Some("model/gltf-binary")),
            ("one.level", Some("application/x-level")),
            ("no.known-extension", None),
            ("none", None),
        ] {
            assert_eq!(assets.content_type_of(path).as_deref(), expected, "{path}");
        }
    }
}
