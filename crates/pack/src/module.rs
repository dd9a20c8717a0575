//! Imports and exports of one module.

/// Syntax of a module that the packer does not support.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SyntaxError {
    /// An import that is not of the form `import … from './…';`.
    #[error("only `import … from './…';` is supported, with a list of names or `* as name`")]
    Import,
    /// An export of another kind than a constant, a function, a class or a list of names.
    #[error("only constants, functions, classes and lists of names can be exported")]
    Export,
    /// A relative URL in a style sheet.
    #[error("style sheets may not use relative URLs or `@import`")]
    Url,
}

/// The names in a list of imports or exports, each with its alias. A name without an alias is its own alias.
type Names = Vec<(String, String)>;

/// A module whose imports and exports are separated from its code.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Module {
    /// Imports, and exports that name another module, in the order of the source.
    pub(crate) imports: Vec<Import>,
    /// Paths of the modules that the code imports with `await import('…')`. The code still contains these expressions.
    pub(crate) dynamic_imports: Vec<String>,
    pub(crate) exports: Vec<Export>,
    /// The remaining code.
    pub(crate) code: String,
}

/// An import statement, or an export that names another module.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Import {
    /// Path of the imported module, as written in the statement.
    pub(crate) path: String,
    /// What the imported module's exports are bound to: a pattern such as `{ a, b: c }`, a name, or nothing.
    pub(crate) binding: Option<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Export {
    /// The name in this module.
    pub(crate) local: String,
    /// The name for other modules.
    pub(crate) exported: String,
}

impl Module {
    /// Parses the source of a module. An error comes with the number of its line.
    pub(crate) fn parse(source: &str) -> Result<Self, (usize, SyntaxError)> {
        let mut module = Self::default();
        let mut lines = source.lines().enumerate();
        while let Some((index, line)) = lines.next() {
            if is_comment(line) {
                let mut last = line;
                while line.trim_start().starts_with("/*") && !last.trim_end().ends_with("*/") {
                    let Some((_, next)) = lines.next() else { break };
                    last = next;
                }
                continue;
            }
            let is_import = line.starts_with("import ") || line.starts_with("import{");
            let is_list = line.starts_with("export {") || line.starts_with("export *");
            let result = if is_import || is_list {
                let mut statement = line.to_owned();
                while !ends_statement(&statement) {
                    let Some((_, line)) = lines.next() else { break };
                    statement.push(' ');
                    statement.push_str(line.trim());
                }
                if is_import { module.add_import(&statement) } else { module.add_export_list(&statement) }
            } else if let Some(declaration) = line.strip_prefix("export ") {
                module.add_declaration(declaration)
            } else {
                module.add_code(line);
                Ok(())
            };
            result.map_err(|error| (index + 1, error))?;
        }
        Ok(module)
    }

    fn add_code(&mut self, line: &str) {
        // Comments with types also contain `import('…')`, but never `await`.
        self.dynamic_imports.extend(line.split("await import(").skip(1).filter_map(quoted));
        self.code.push_str(line);
        self.code.push('\n');
    }

    fn add_import(&mut self, statement: &str) -> Result<(), SyntaxError> {
        let import = parse_import(statement).ok_or(SyntaxError::Import)?;
        self.imports.push(import);
        Ok(())
    }

    /// Adds `export { a, b as c };`, `export { a, b as c } from './x.js';` or `export * as x from './x.js';`.
    fn add_export_list(&mut self, statement: &str) -> Result<(), SyntaxError> {
        if let Some(rest) = statement.strip_prefix("export * as ") {
            let (exported, path) = rest.split_once(" from ").ok_or(SyntaxError::Export)?;
            let local = format!("$re_{exported}");
            self.imports.push(Import { path: quoted(path).ok_or(SyntaxError::Export)?, binding: Some(local.clone()) });
            self.exports.push(Export { local, exported: exported.to_owned() });
            return Ok(());
        }
        let (names, rest) = braces(statement.trim_start_matches("export").trim()).ok_or(SyntaxError::Export)?;
        let names = names.ok_or(SyntaxError::Export)?;
        if let Some(from) = rest.trim().strip_prefix("from") {
            let path = quoted(from).ok_or(SyntaxError::Export)?;
            // The re-exported names must not become names in this module. The import therefore renames them: the new names
            // begin with `$re_`, which the module's own code does not use.
            let aliases = names.iter().map(|(name, _)| format!("{name}: $re_{name}")).collect::<Vec<_>>().join(", ");
            self.imports.push(Import { path, binding: Some(format!("{{ {aliases} }}")) });
            self.exports
                .extend(names.into_iter().map(|(name, exported)| Export { local: format!("$re_{name}"), exported }));
        } else {
            self.exports.extend(names.into_iter().map(|(local, exported)| Export { local, exported }));
        }
        Ok(())
    }

    /// Adds a declaration that follows `export`.
    fn add_declaration(&mut self, declaration: &str) -> Result<(), SyntaxError> {
        let kinds = ["const ", "class ", "async function ", "async function* ", "function ", "function* "];
        let rest = kinds.iter().find_map(|kind| declaration.strip_prefix(kind)).ok_or(SyntaxError::Export)?;
        let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '$')).collect();
        if name.is_empty() {
            return Err(SyntaxError::Export);
        }
        self.exports.push(Export { local: name.clone(), exported: name });
        self.add_code(declaration);
        Ok(())
    }
}

/// Whether the line consists of a comment, or begins one that continues on the next lines.
fn is_comment(line: &str) -> bool {
    let line = line.trim();
    line.starts_with("//") || (line.starts_with("/*") && line.find("*/").is_none_or(|end| end + 2 == line.len()))
}

/// Whether an import or a list of exports is complete.
fn ends_statement(statement: &str) -> bool {
    statement.split("//").next().unwrap_or_default().trim_end().ends_with(';')
}

/// Parses `import … from './x.js';` and `import './x.js';`.
fn parse_import(statement: &str) -> Option<Import> {
    let rest = statement.strip_prefix("import")?.trim();
    if rest.starts_with('\'') {
        return Some(Import { path: quoted(rest)?, binding: None });
    }
    let (binding, path) = if let Some(rest) = rest.strip_prefix("* as ") {
        let (name, path) = rest.split_once(" from ")?;
        (name.trim().to_owned(), path)
    } else {
        let (names, rest) = braces(rest)?;
        let names = names?.into_iter().map(|(from, to)| if from == to { from } else { format!("{from}: {to}") });
        (format!("{{ {} }}", names.collect::<Vec<_>>().join(", ")), rest.trim().strip_prefix("from")?)
    };
    Some(Import { path: quoted(path)?, binding: Some(binding) })
}

/// Parses `{ a, b as c }`: pairs of names, and the text after the braces. The pairs are `None` if a name is `default`
/// or not an identifier.
fn braces(text: &str) -> Option<(Option<Names>, &str)> {
    let (list, rest) = text.strip_prefix('{')?.split_once('}')?;
    let names = list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(|name| {
        let (from, to) = name.split_once(" as ").unwrap_or((name, name));
        let is_simple =
            |name: &str| name != "default" && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$'));
        (is_simple(from) && is_simple(to)).then(|| (from.to_owned(), to.to_owned()))
    });
    Some((names.collect(), rest))
}

/// Parses a relative path in single quotes.
fn quoted(text: &str) -> Option<String> {
    let (path, _) = text.trim().strip_prefix('\'')?.split_once('\'')?;
    path.starts_with('.').then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn import(path: &str, binding: Option<&str>) -> Import {
        Import { path: path.to_owned(), binding: binding.map(str::to_owned) }
    }

    fn export(local: &str, exported: &str) -> Export {
        Export { local: local.to_owned(), exported: exported.to_owned() }
    }

    #[test]
    fn imports_become_bindings() {
        let source = "import { a, b as c } from './x.js';\nimport * as y from '../y.js';\nimport './z.js';\n\
                      import {\n  d,\n} from './d.js';\n";
        let module = Module::parse(source).expect("supported syntax");
        let expected = [
            import("./x.js", Some("{ a, b: c }")),
            import("../y.js", Some("y")),
            import("./z.js", None),
            import("./d.js", Some("{ d }")),
        ];
        assert_eq!(module.imports, expected);
        assert_eq!(module.code, "");
    }

    #[test]
    fn exports_are_removed_from_the_code() {
        let source = "export const A = 1;\nexport async function f() {}\nexport class C {}\nlet b;\nexport { b as B };\n";
        let module = Module::parse(source).expect("supported syntax");
        assert_eq!(module.exports, [export("A", "A"), export("f", "f"), export("C", "C"), export("b", "B")]);
        assert_eq!(module.code, "const A = 1;\nasync function f() {}\nclass C {}\nlet b;\n");
    }

    #[test]
    fn comments_on_lines_of_their_own_are_removed() {
        let source = "// a\n  // b\n/** c */\n/**\n * d */ d\n * e\n */\nlet f = /** g */ (1); // h\n/* i */ j();\n";
        let module = Module::parse(source).expect("supported syntax");
        assert_eq!(module.code, "let f = /** g */ (1); // h\n/* i */ j();\n");
    }

    #[test]
    fn exports_from_other_modules_are_passed_on() {
        let source = "export { a, b as c } from './x.js';\nexport * as y from './y.js';\n";
        let module = Module::parse(source).expect("supported syntax");
        assert_eq!(module.imports, [import("./x.js", Some("{ a: $re_a, b: $re_b }")), import("./y.js", Some("$re_y"))]);
        assert_eq!(module.exports, [export("$re_a", "a"), export("$re_b", "c"), export("$re_y", "y")]);
    }

    #[test]
    fn dynamic_imports_are_found_in_the_code() {
        let source = "const a = () => (await import('./a.js')).A;\nlet b = /** @type {import('./b.js').B} */ (c);\n";
        let module = Module::parse(source).expect("supported syntax");
        assert_eq!(module.dynamic_imports, ["./a.js"]);
        assert_eq!(module.code, source);
    }

    #[test]
    fn other_syntax_is_an_error_that_names_the_line() {
        for (source, error) in [
            ("let a;\nimport a from './x.js';", SyntaxError::Import),
            ("let a;\nimport { a } from 'package';", SyntaxError::Import),
            ("let a;\nexport default a;", SyntaxError::Export),
            ("let a;\nexport let b = 1;", SyntaxError::Export),
            ("let a;\nexport const { b } = a;", SyntaxError::Export),
            ("let a;\nexport * from './x.js';", SyntaxError::Export),
        ] {
            assert_eq!(Module::parse(source), Err((2, error)), "{source}");
        }
    }
}
