//! Packs pages from files.

use std::fs;
use std::path::{Path, PathBuf};

use tickcast_pack::{PACKED, PackError, SyntaxError, pack};

/// A new empty folder for the test of this name.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("source/parts")).expect("the folder is writable");
    folder
}

fn pack_files(test: &str, files: &[(&str, &str)]) -> (PathBuf, Result<(), PackError>) {
    let folder = folder(test);
    for (name, content) in files {
        fs::write(folder.join("source").join(name), content).expect("the folder is writable");
    }
    let packed = folder.join("packed");
    let result = pack(&folder.join("source"), &packed);
    (packed, result)
}

/// The files of the folder [`PACKED`] with this extension.
fn packed_files(destination: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(destination.join(PACKED)).expect("the folder exists");
    let paths = entries.map(|entry| entry.expect("the folder is readable").path());
    paths.filter(|path| path.extension().is_some_and(|found| found == extension)).collect()
}

#[test]
fn a_page_gets_one_script_with_each_module_once() {
    let (packed, result) = pack_files(
        "one_script",
        &[
            ("index.html", "<head>\n<script type=\"module\" src=\"main.js\"></script>\n</head>\n"),
            ("main.js", "import { a } from './parts/a.js';\nimport { b } from './parts/b.js';\nrun(a + b);\n"),
            ("parts/a.js", "import { b as c } from './b.js';\nexport const a = c;\n"),
            ("parts/b.js", "export const b = 1;\n"),
        ],
    );
    result.expect("the page can be packed");
    let scripts = packed_files(&packed, "js");
    let [script] = &scripts[..] else { panic!("one script: {scripts:?}") };
    let expected = "const $module0 = (() => {\nconst b = 1;\nreturn { b: b };\n})();\n\
                    const $module1 = (() => {\nconst { b: c } = $module0;\nconst a = c;\nreturn { a: a };\n})();\n\
                    const { a } = $module1;\nconst { b } = $module0;\nrun(a + b);\n";
    assert_eq!(fs::read_to_string(script).expect("a text"), expected);
    let html = fs::read_to_string(packed.join("index.html")).expect("a text");
    let name = script.file_name().and_then(|name| name.to_str()).expect("a name");
    assert_eq!(html, format!("<head>\n<script type=\"module\" src=\"packed/{name}\"></script>\n</head>\n"));
}

#[test]
fn a_dynamic_import_loads_a_script_of_its_own() {
    let (packed, result) = pack_files(
        "dynamic_import",
        &[
            ("index.html", "<script type=\"module\" src=\"main.js\"></script>\n"),
            ("main.js", "import { load } from './parts/a.js';\nrun(await load());\n"),
            ("parts/a.js", "export const load = async () => (await import('./b.js')).B;\n"),
            ("parts/b.js", "const b = 1;\nexport { b as B };\n"),
        ],
    );
    result.expect("the page can be packed");
    let mut scripts = packed_files(&packed, "js");
    scripts.sort();
    let [imported, script] = &scripts[..] else { panic!("two scripts: {scripts:?}") };
    assert_eq!(fs::read_to_string(imported).expect("a text"), "const b = 1;\nexport { b as B };\n");
    let name = imported.file_name().and_then(|name| name.to_str()).expect("a name");
    let expected = format!(
        "const $module0 = (() => {{\nconst load = async () => (await import('./{name}')).B;\nreturn {{ load: load }};\n\
         }})();\nconst {{ load }} = $module0;\nrun(await load());\n"
    );
    assert_eq!(fs::read_to_string(script).expect("a text"), expected);
}

#[test]
fn a_dynamically_imported_module_with_imports_is_an_error() {
    let (_, result) = pack_files(
        "dynamic_import_with_imports",
        &[
            ("index.html", "<script type=\"module\" src=\"main.js\"></script>\n"),
            ("main.js", "await import('./parts/a.js');\n"),
            ("parts/a.js", "import { b } from './b.js';\n"),
            ("parts/b.js", "export const b = 1;\n"),
        ],
    );
    assert!(matches!(result, Err(PackError::DynamicImport(path)) if path.ends_with("a.js")));
}

#[test]
fn icons_and_the_manifest_are_copied_under_a_name_with_a_hash() {
    let (packed, result) = pack_files(
        "links",
        &[
            ("index.html", "<link rel=\"icon\" href=\"parts/i.svg\">\n<link rel=\"manifest\" href=\"m.webmanifest\">\n"),
            ("parts/i.svg", "<svg/>"),
            ("m.webmanifest", "{}"),
        ],
    );
    result.expect("the page can be packed");
    let html = fs::read_to_string(packed.join("index.html")).expect("a text");
    for (extension, content) in [("svg", "<svg/>"), ("webmanifest", "{}")] {
        let files = packed_files(&packed, extension);
        let [file] = &files[..] else { panic!("one file: {files:?}") };
        assert_eq!(fs::read_to_string(file).expect("a text"), content);
        let name = file.file_name().and_then(|name| name.to_str()).expect("a name");
        assert!(html.contains(&format!("href=\"packed/{name}\"")), "{html}");
    }
}

#[test]
fn modules_that_import_each_other_are_an_error() {
    let (_, result) = pack_files(
        "cycle",
        &[
            ("index.html", "<script type=\"module\" src=\"a.js\"></script>\n"),
            ("a.js", "import { b } from './b.js';\nexport const a = 1;\n"),
            ("b.js", "import { a } from './a.js';\nexport const b = 1;\n"),
        ],
    );
    assert!(matches!(result, Err(PackError::Cycle(path)) if path.ends_with("a.js")));
}

#[test]
fn a_style_sheet_with_a_relative_url_is_an_error() {
    let (_, result) = pack_files(
        "relative_url",
        &[
            ("index.html", "<link rel=\"stylesheet\" href=\"a.css\">\n"),
            ("a.css", "a { fill: url(#here); }\nb { background: url(\"image.png\"); }\n"),
        ],
    );
    assert!(matches!(result, Err(PackError::Syntax { line: 2, error: SyntaxError::Url, .. })), "{result:?}");
}

#[test]
fn the_demo_page_has_at_most_110_kb_in_every_language() {
    const BYTES_MAX: u64 = 110_000;
    let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web");
    let packed = folder("demo").join("packed");
    pack(&web, &packed).expect("the demo can be packed");
    let texts = fs::read_dir(web.join("demo/texts")).expect("the folder exists");
    // English is a part of the script.
    let languages: Vec<String> = texts
        .filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_str()?.to_owned()))
        .filter(|language| language != "en")
        .collect();
    let bytes = |file: &Path| fs::metadata(file).expect("the file exists").len();
    let is_language = |file: &Path| {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        languages.iter().any(|language| name.starts_with(&format!("{language}-")))
    };
    let (in_some_language, common): (Vec<_>, Vec<_>) =
        packed_files(&packed, "br").into_iter().partition(|file| is_language(file));
    assert_eq!(in_some_language.len(), languages.len(), "{in_some_language:?}");
    let largest = in_some_language.iter().map(|file| bytes(file)).max().unwrap_or_default();
    let total = common.iter().map(|file| bytes(file)).sum::<u64>() + bytes(&packed.join("index.html.br")) + largest;
    assert!(total <= BYTES_MAX, "{total} bytes");
}
