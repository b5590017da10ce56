//! What a client crate shows: its types with their methods, its functions, and what they say about themselves.

use std::collections::{BTreeMap, BTreeSet};

use syn::{Attribute, Expr, Fields, ImplItem, Item, Lit, Meta, Signature, Type, Visibility};

use crate::sources::{Source, is_for_tests};

/// Everything public that a crate defines, by name; what belongs to a type is `Type::name`.
pub(crate) type PublicItems = BTreeMap<String, PublicItem>;

/// One thing that a user can name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PublicItem {
    pub(crate) shape: Shape,
    /// The lines of its documentation.
    pub(crate) docs: Vec<String>,
    /// `#[must_use]`, `#[non_exhaustive]`, `#[doc(alias)]`, `#[derive]`.
    pub(crate) attributes: Vec<Attribute>,
}

/// What kind of thing it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    Type,
    Field(Type),
    Variant(Fields),
    Function(Signature),
    /// The type implements this trait, named by its last segment.
    Trait,
}

/// Everything public that these sources define.
pub(crate) fn public_items(sources: &[Source]) -> PublicItems {
    let mut items = PublicItems::new();
    for source in sources {
        for item in &source.file.items {
            add(item, &mut items);
        }
    }
    // What belongs to a private type is private too.
    let types: BTreeSet<String> = items.keys().filter(|name| !name.contains(':')).cloned().collect();
    items.retain(|name, _| name.split(':').next().is_some_and(|owner| types.contains(owner)));
    items
}

fn add(item: &Item, items: &mut PublicItems) {
    let mut insert = |name: String, shape: Shape, attributes: &[Attribute]| {
        let attributes_kept = attributes.iter().filter(|attribute| is_kept(attribute)).cloned().collect();
        let item = PublicItem { shape, docs: docs(attributes), attributes: attributes_kept };
        assert!(items.insert(name.clone(), item).is_none(), "{name} is there once");
    };
    match item {
        Item::Struct(item) if is_public(&item.vis) && !is_for_tests(&item.attrs) => {
            insert(item.ident.to_string(), Shape::Type, &item.attrs);
            for (place, field) in item.fields.iter().enumerate().filter(|(_, field)| is_public(&field.vis)) {
                let name = field.ident.as_ref().map_or(place.to_string(), ToString::to_string);
                insert(format!("{}::{name}", item.ident), Shape::Field(field.ty.clone()), &field.attrs);
            }
        }
        Item::Enum(item) if is_public(&item.vis) && !is_for_tests(&item.attrs) => {
            insert(item.ident.to_string(), Shape::Type, &item.attrs);
            for variant in &item.variants {
                let shape = Shape::Variant(variant.fields.clone());
                insert(format!("{}::{}", item.ident, variant.ident), shape, &variant.attrs);
            }
        }
        Item::Fn(item) if is_public(&item.vis) && !is_for_tests(&item.attrs) => {
            insert(item.sig.ident.to_string(), Shape::Function(item.sig.clone()), &item.attrs);
        }
        Item::Impl(block) if !is_for_tests(&block.attrs) => {
            let Some(owner) = name_of(&block.self_ty) else { return };
            if let Some((path, _)) = &block.trait_ {
                let name = path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
                insert(format!("{owner}: {name}"), Shape::Trait, &[]);
                return;
            }
            for method in &block.items {
                if let ImplItem::Fn(method) = method
                    && is_public(&method.vis)
                {
                    let name = format!("{owner}::{}", method.sig.ident);
                    insert(name, Shape::Function(method.sig.clone()), &method.attrs);
                }
            }
        }
        Item::Trait(item) if is_public(&item.vis) => panic!("{}: traits belong to the core", item.ident),
        Item::Type(item) if is_public(&item.vis) => panic!("{}: aliases are not compared", item.ident),
        _ => {}
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn is_kept(attribute: &Attribute) -> bool {
    let path = attribute.path();
    let is_prose = matches!(&attribute.meta, Meta::NameValue(meta) if meta.path.is_ident("doc"));
    !is_prose && ["must_use", "non_exhaustive", "doc", "derive"].iter().any(|name| path.is_ident(name))
}

fn docs(attributes: &[Attribute]) -> Vec<String> {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(text.value()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    });
    lines.flat_map(|text| text.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>()).collect()
}

fn name_of(owner: &Type) -> Option<String> {
    let Type::Path(path) = owner else { return None };
    path.path.segments.last().map(|segment| segment.ident.to_string())
}
