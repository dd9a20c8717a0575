//! Creation of new games.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use tempfile::TempDir;
use tickcast_new::{CreateError, NewOptions, Project};

#[derive(Debug, Parser)]
struct Command {
    #[command(flatten)]
    options: NewOptions,
}

/// The game that these arguments describe.
fn project(arguments: &[&str]) -> Project {
    Command::try_parse_from([&["new"], arguments].concat()).expect("the arguments are valid").options.into()
}

/// The templates: all folders beside `common`.
fn templates() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let names = fs::read_dir(folder).expect("the folder exists").map(|entry| entry.expect("readable").file_name());
    names.filter_map(|name| name.into_string().ok()).filter(|name| name != "common").collect()
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).expect("the folder exists").map(|entry| entry.expect("readable").path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn a_game_has_its_name_and_no_placeholders() {
    let parent = TempDir::new().expect("a folder");
    let folder = parent.path().join("liars-dice");
    project(&["liars-dice"]).create(&folder).expect("the folder is new");
    for file in files(&folder) {
        let text = fs::read_to_string(&file).expect("the file is text");
        let has_placeholder =
            text.split("{{").skip(1).any(|rest| rest.starts_with(|first: char| first.is_ascii_lowercase()));
        assert!(!has_placeholder && file.extension() != Some("template".as_ref()), "{}: {text}", file.display());
    }
    let manifest = fs::read_to_string(folder.join("server/Cargo.toml")).expect("the program has a manifest");
    assert!(manifest.contains("name = \"liars-dice\"\n"), "{manifest}");
    assert!(folder.join(".gitignore").is_file() && folder.join("web/index.html").is_file());
}

#[test]
fn a_game_depends_on_the_checkout_from_which_the_program_was_built_or_on_another_one() {
    let parent = TempDir::new().expect("a folder");
    let other = parent.path().join("checkout");
    fs::create_dir(&other).expect("the folder is writable");
    fs::write(other.join("Cargo.toml"), "").expect("the folder is writable");
    let manifest = |name: &str, arguments: &[&str]| {
        let folder = parent.path().join(name);
        project(&[&[name], arguments].concat()).create(&folder).expect("the folder is new");
        fs::read_to_string(folder.join("rules/Cargo.toml")).expect("the rules have a manifest")
    };
    let depends_on = |manifest: &str, checkout: &Path| {
        let folder = checkout.canonicalize().expect("the checkout exists").join("crates/game");
        manifest.contains(&format!("tickcast-game = {{ path = '{}' }}\n", folder.display()))
    };
    let this = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    assert!(depends_on(&manifest("one", &[]), &this));
    let path = other.to_str().expect("the path is UTF-8");
    assert!(depends_on(&manifest("two", &["--checkout", path]), &other));
}

#[test]
fn every_template_has_a_page_that_its_program_builds() {
    let parent = TempDir::new().expect("a folder");
    for template in templates() {
        let folder = parent.path().join(&template);
        project(&["game", "--template", &template]).create(&folder).expect("the folder is new");
        let files =
            ["README.md", "web/main.js", "web/index.html", "client/src/lib.rs", "server/build.rs", "rules/tests/rules.rs"];
        for file in files {
            assert!(folder.join(file).is_file(), "{template}: {file}");
        }
        let page = fs::read_to_string(folder.join("web/main.js")).expect("the page has a script");
        assert!(page.lines().count() <= 120, "{template}: the page is short");
    }
}

#[test]
fn the_guide_quotes_the_page_of_a_template() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| fs::read_to_string(root.join(path)).expect("the file exists");
    let (guide, page) = (read("../../docs/CLIENTS.md"), read("templates/empty/web/main.js"));
    let quote = guide.split("```javascript\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a quotation");
    let missing: Vec<_> = quote.lines().filter(|line| !page.lines().any(|of_page| of_page == *line)).collect();
    assert!(missing.is_empty(), "the page does not contain: {missing:#?}");
}

#[test]
fn an_existing_folder_is_not_changed() {
    let parent = TempDir::new().expect("a folder");
    let folder = parent.path().join("discs");
    fs::create_dir(&folder).expect("the folder is writable");
    fs::write(folder.join("notes"), "mine").expect("the folder is writable");
    let error = project(&["discs"]).create(&folder).expect_err("the folder exists");
    assert!(matches!(error, CreateError::Exists(_)), "{error}");
    assert_eq!(files(&folder), [folder.join("notes")]);
}

#[test]
fn nothing_is_left_of_a_game_that_was_not_created() {
    let parent = TempDir::new().expect("a folder");
    let folder = parent.path().join("discs");
    let error = project(&["discs", "--checkout", "nowhere"]).create(&folder).expect_err("there is no checkout");
    assert_eq!(error.to_string(), "--checkout: there is no Cargo.toml in nowhere");
    assert!(!folder.exists());
    let missing = parent.path().join("missing/discs");
    assert!(matches!(project(&["discs"]).create(&missing), Err(CreateError::Write { .. })));
}

#[test]
fn invalid_names_and_unknown_templates_are_rejected() {
    for arguments in [&["Discs"] as &[&str], &["match"], &["../discs"], &["discs", "--template", "nothing"], &[]] {
        let rejected = Command::try_parse_from([&["new"], arguments].concat());
        assert_eq!(rejected.map_err(|error| error.exit_code()).expect_err("invalid"), 2, "{arguments:?}");
    }
}
