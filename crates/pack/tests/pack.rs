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
                    const $module2 = (() => {\nconst { a } = $module1;\nconst { b } = $module0;\n\
                    run(a + b);\nreturn {  };\n})();\n";
    assert_eq!(fs::read_to_string(script).expect("a text"), expected);
    let html = fs::read_to_string(packed.join("index.html")).expect("a text");
    let name = script.file_name().and_then(|name| name.to_str()).expect("a name");
    assert_eq!(html, format!("<head>\n<script type=\"module\" src=\"packed/{name}\"></script>\n</head>\n"));
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
fn the_demo_page_has_at_most_80_kb() {
    const BYTES_MAX: u64 = 80_000;
    let packed = folder("demo").join("packed");
    pack(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web"), &packed).expect("the demo can be packed");
    let mut files = packed_files(&packed, "br");
    assert_eq!(files.len(), 2, "a script and a style sheet: {files:?}");
    files.push(packed.join("index.html.br"));
    let bytes: u64 = files.iter().map(|file| fs::metadata(file).expect("the file exists").len()).sum();
    assert!(bytes <= BYTES_MAX, "{bytes} bytes");
}
