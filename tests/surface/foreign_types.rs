//! H4: no public signature of a library names a type of somebody else's, but for those that the design names.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use syn::visit::{self, Visit};
use syn::{
    Block, Field, ImplItem, ImplItemFn, Item, ItemEnum, ItemFn, ItemImpl, ItemMacro, ItemMod, ItemStruct, ItemTrait,
    ItemType, Path, Signature, Type, UseTree, Visibility,
};

use crate::sources::{Source, crate_folder, is_for_tests, sources};

/// What may be named anywhere: a whole crate, or one of its types.
const ALLOWED: [&str; 10] = [
    "http",
    "bytes",
    "serde",
    "serde_json::Value",
    "serde_json::Map",
    "chrono::DateTime",
    "chrono::Utc",
    "chrono::TimeDelta",
    "futures_core::Stream",
    // Only in `strategies`, which is there for proptest and behind the feature of that name.
    "proptest",
];

/// The methods that take a ready-made client, and say so.
const READY_MADE: [(&str, &str); 4] = [
    ("http_client", "reqwest::Client"),
    ("http_client", "ureq::Agent"),
    ("from_client", "reqwest::Client"),
    ("from_agent", "ureq::Agent"),
];

const LIBRARIES: [&str; 5] =
    ["agentsight-model", "agentsight-core", "agentsight-http-blocking", "agentsight-http-async", "agentsight-testkit"];

#[test]
fn h4_no_public_signature_names_a_type_of_somebody_elses() {
    for library in LIBRARIES {
        let foreign = foreign_crates(library);
        let (mut allowed, mut refused) = (0, Vec::new());
        for source in sources(library) {
            for name in foreign_names(&source, &foreign) {
                if is_allowed(&name, &source) {
                    allowed += 1;
                } else {
                    refused.push(name);
                }
            }
        }
        assert!(refused.is_empty(), "{library}: {refused:#?}");
        assert!(allowed > 1, "{library}: its signatures were found");
    }
}

#[test]
fn h4_a_foreign_type_is_found_wherever_it_is_named() {
    let foreign = ["uuid".to_owned(), "url".to_owned()];
    for (text, expected) in [
        ("pub fn a(id: uuid::Uuid) {}", "uuid::Uuid"),
        ("use uuid::Uuid; pub fn a() -> Option<Vec<Uuid>> { None }", "uuid::Uuid"),
        ("use uuid::{self as id}; pub struct A { pub b: id::Uuid }", "uuid::Uuid"),
        ("use url::Url as Address; impl A { pub fn b(&self, c: impl Into<Address>) {} }", "url::Url"),
        ("use url::ParseError; impl From<ParseError> for A {}", "url::ParseError"),
        ("pub struct A; impl From<url::ParseError> for A {}", "url::ParseError"),
        ("pub enum A { B(url::Url) }", "url::Url"),
        ("pub trait A { fn b(&self) -> url::Url; }", "url::Url"),
        ("use url::Url; rows! { pub struct A { b: Url } }", "url::Url"),
        ("rows! { pub struct A { b: url::Url } }", "url::Url"),
        ("pub use url::Url;", "url::Url"),
    ] {
        let found: Vec<String> = names_in(text, &foreign);
        assert_eq!(found, [expected], "{text}");
    }
    for text in [
        "use url::Url; fn a(b: Url) {}",
        "use url::Url; pub fn a() { let b: Option<Url> = None; }",
        "use url::Url; pub struct A { b: Url }",
        "struct A; impl url::Parse for A {}",
        "pub(super) enum A {} impl url::Parse for A {}",
        "use url::Url; impl A { pub(crate) fn b(c: Url) {} }",
        "#[cfg(test)] mod tests { pub fn a(b: url::Url) {} }",
    ] {
        assert_eq!(names_in(text, &foreign), Vec::<String>::new(), "{text}");
    }
}

fn names_in(text: &str, foreign: &[String]) -> Vec<String> {
    let file = syn::parse_file(text).expect("the sample is Rust");
    let found = foreign_names(&Source { path: "sample.rs".into(), file }, foreign);
    found.into_iter().map(|name| name.path).collect()
}

/// A foreign type in a public signature.
#[derive(Debug)]
struct ForeignName {
    /// The function that names it, if one does.
    function: Option<String>,
    path: String,
}

fn is_allowed(name: &ForeignName, source: &Source) -> bool {
    let within = |allowed: &str| name.path == allowed || name.path.starts_with(&format!("{allowed}::"));
    let is_named = ALLOWED.iter().any(|allowed| within(allowed));
    let is_proptest = within("proptest");
    let takes = |(function, path): &(&str, &str)| name.function.as_deref() == Some(*function) && within(path);
    is_named && (!is_proptest || source.path.starts_with("strategies")) || READY_MADE.iter().any(takes)
}

/// The crates of others that a library depends on, by the names that sources use.
fn foreign_crates(library: &str) -> Vec<String> {
    let manifest = fs::read_to_string(crate_folder(library).join("Cargo.toml")).expect("every library has a manifest");
    let dependencies = manifest.split("[dependencies]").nth(1).expect("every library has dependencies");
    let lines = dependencies.lines().skip(1).take_while(|line| !line.starts_with('['));
    let names = lines.filter_map(|line| line.split(['.', ' ', '=']).next()).map(|name| name.replace('-', "_"));
    names.filter(|name| !name.is_empty() && !name.starts_with("agentsight")).collect()
}

fn foreign_names(source: &Source, foreign: &[String]) -> Vec<ForeignName> {
    let mut imports = BTreeMap::new();
    for item in &source.file.items {
        if let Item::Use(item) = item {
            add_imports(&item.tree, &[], &mut imports);
        }
    }
    let private = source.file.items.iter().filter_map(|item| match item {
        Item::Struct(ItemStruct { vis, ident, .. }) | Item::Enum(ItemEnum { vis, ident, .. }) => {
            (!matches!(vis, Visibility::Public(_))).then(|| ident.to_string())
        }
        _ => None,
    });
    let mut search = Search { foreign, imports, private: private.collect(), function: None, found: Vec::new() };
    for item in &source.file.items {
        if let Item::Use(item) = item
            && matches!(item.vis, Visibility::Public(_))
        {
            let mut shown = BTreeMap::new();
            add_imports(&item.tree, &[], &mut shown);
            shown.into_values().for_each(|path| search.report(path));
        }
    }
    search.visit_file(&source.file);
    search.found
}

/// What a `use` makes known, by the name that the file has for it.
fn add_imports(tree: &UseTree, path: &[String], imports: &mut BTreeMap<String, String>) {
    let below = |name: String| path.iter().cloned().chain([name]).collect::<Vec<_>>();
    match tree {
        UseTree::Path(tree) => add_imports(&tree.tree, &below(tree.ident.to_string()), imports),
        UseTree::Group(group) => group.items.iter().for_each(|tree| add_imports(tree, path, imports)),
        UseTree::Name(name) if name.ident == "self" => {
            imports.insert(path.last().cloned().unwrap_or_default(), path.join("::"));
        }
        UseTree::Name(name) => {
            imports.insert(name.ident.to_string(), below(name.ident.to_string()).join("::"));
        }
        UseTree::Rename(rename) if rename.ident == "self" => {
            imports.insert(rename.rename.to_string(), path.join("::"));
        }
        UseTree::Rename(rename) => {
            imports.insert(rename.rename.to_string(), below(rename.ident.to_string()).join("::"));
        }
        _ => {}
    }
}

/// Looks at what is public and at nothing else.
struct Search<'a> {
    foreign: &'a [String],
    imports: BTreeMap<String, String>,
    /// The types of the file that are not public.
    private: BTreeSet<String>,
    function: Option<String>,
    found: Vec<ForeignName>,
}

impl Search<'_> {
    fn report(&mut self, path: String) {
        let owner = path.split("::").next().unwrap_or_default();
        if self.foreign.iter().any(|name| name == owner) {
            self.found.push(ForeignName { function: self.function.clone(), path });
        }
    }

    /// The path as the language reads it, from the crate's name on.
    fn resolve(&self, segments: &[String]) -> String {
        let Some((first, rest)) = segments.split_first() else { return String::new() };
        let first = self.imports.get(first).unwrap_or(first);
        [first].into_iter().chain(rest).cloned().collect::<Vec<_>>().join("::")
    }

    fn is_private(&self, of: &Type) -> bool {
        let Type::Path(of) = of else { return false };
        of.path.get_ident().is_some_and(|name| self.private.contains(&name.to_string()))
    }

    fn within(&mut self, signature: &Signature) {
        let outer = self.function.replace(signature.ident.to_string());
        visit::visit_signature(self, signature);
        self.function = outer;
    }
}

impl<'ast> Visit<'ast> for Search<'_> {
    fn visit_path(&mut self, path: &'ast Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.report(self.resolve(&segments));
        visit::visit_path(self, path);
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        if matches!(item.vis, Visibility::Public(_)) && !is_for_tests(&item.attrs) {
            self.within(&item.sig);
        }
    }

    fn visit_impl_item_fn(&mut self, method: &'ast ImplItemFn) {
        if matches!(method.vis, Visibility::Public(_)) {
            self.within(&method.sig);
        }
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        if is_for_tests(&item.attrs) {
            return;
        }
        // A trait of a private type is nobody's to see.
        if let Some((path, _)) = item.trait_.as_ref().filter(|_| !self.is_private(&item.self_ty)) {
            self.visit_path(path);
        }
        for method in &item.items {
            if let ImplItem::Fn(method) = method {
                self.visit_impl_item_fn(method);
            }
        }
    }

    fn visit_item_trait(&mut self, item: &'ast ItemTrait) {
        if matches!(item.vis, Visibility::Public(_)) {
            visit::visit_item_trait(self, item);
        }
    }

    fn visit_item_struct(&mut self, item: &'ast ItemStruct) {
        if matches!(item.vis, Visibility::Public(_)) {
            visit::visit_item_struct(self, item);
        }
    }

    fn visit_item_enum(&mut self, item: &'ast ItemEnum) {
        if matches!(item.vis, Visibility::Public(_)) {
            item.variants.iter().flat_map(|variant| &variant.fields).for_each(|field| self.visit_type(&field.ty));
        }
    }

    fn visit_item_type(&mut self, item: &'ast ItemType) {
        if matches!(item.vis, Visibility::Public(_)) {
            visit::visit_item_type(self, item);
        }
    }

    fn visit_field(&mut self, field: &'ast Field) {
        if matches!(field.vis, Visibility::Public(_)) {
            self.visit_type(&field.ty);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if !is_for_tests(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    /// What a macro is given cannot be read as Rust: every name in it counts.
    fn visit_item_macro(&mut self, item: &'ast ItemMacro) {
        let text = item.mac.tokens.to_string();
        let is_macro_of_macros = item.mac.path.is_ident("macro_rules");
        if is_macro_of_macros || !text.contains("pub ") {
            return;
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        for (place, word) in words.iter().enumerate() {
            let word = word.trim_matches(|letter: char| !letter.is_alphanumeric() && letter != '_');
            if self.foreign.iter().any(|name| name == word) && words.get(place + 1) == Some(&"::") {
                let next = words.get(place + 2).copied().unwrap_or_default();
                self.report(format!("{word}::{next}"));
            } else if let Some(path) = self.imports.get(word).cloned() {
                self.report(path);
            }
        }
    }

    fn visit_block(&mut self, _: &'ast Block) {
        // What a function does is its own concern.
    }

    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {
        // Derives and lints are no signature.
    }
}
