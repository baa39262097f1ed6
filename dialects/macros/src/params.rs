//! `ty!` and `attr!`: dialect types and attributes with named parameters.

use crate::syntax::{docs, full_name};
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use std::collections::HashSet;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Expr, LitStr, Result, Token, Type, Visibility, braced};

/// Type or attribute.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Type,
    Attr,
}

/// `name: Kind`, `name?: Kind`, `name: Kind = default`
struct Param {
    name: Ident,
    optional: bool,
    kind: Type,
    default: Option<Expr>,
}

/// One declaration.
pub(crate) struct Def {
    docs: String,
    attrs: Vec<Attribute>,
    vis: Visibility,
    ident: Ident,
    name: LitStr,
    params: Vec<Param>,
    format: Option<LitStr>,
    verify: bool,
}

/// All declarations of one macro call.
pub(crate) struct Defs(pub(crate) Vec<Def>);

impl Parse for Defs {
    fn parse(input: ParseStream) -> Result<Self> {
        let mut defs = Vec::new();
        while !input.is_empty() {
            defs.push(input.parse()?);
        }
        Ok(Defs(defs))
    }
}

impl Parse for Param {
    fn parse(input: ParseStream) -> Result<Self> {
        let name = input.call(Ident::parse_any)?;
        let optional = input.parse::<Option<Token![?]>>()?.is_some();
        input.parse::<Token![:]>()?;
        let kind = input.parse()?;
        let default = match input.parse::<Option<Token![=]>>()? {
            Some(_) => Some(input.parse()?),
            None => None,
        };
        if optional && default.is_some() {
            return Err(Error::new(name.span(), "a parameter with a default is never absent: remove the `?`"));
        }
        Ok(Param { name, optional, kind, default })
    }
}

const RESERVED: [&str; 6] = ["get", "cast", "handle", "param", "verify", "ctx"];

impl Parse for Def {
    fn parse(input: ParseStream) -> Result<Self> {
        let (docs, attrs) = docs(input.call(Attribute::parse_outer)?);
        let vis = input.parse()?;
        let ident: Ident = input.parse()?;
        if docs.is_empty() {
            return Err(Error::new(ident.span(), format!("`{ident}` needs a doc comment: it is the documentation")));
        }
        input.parse::<Token![=]>()?;
        let name = full_name(input)?;
        let mut def = Def { docs, attrs, vis, ident, name, params: Vec::new(), format: None, verify: false };
        let body;
        braced!(body in input);
        let mut seen = HashSet::new();
        while !body.is_empty() {
            let word = body.call(Ident::parse_any)?;
            if !seen.insert(word.to_string()) {
                return Err(Error::new(word.span(), format!("`{word}` appears twice")));
            }
            match word.to_string().as_str() {
                "params" => {
                    let inner;
                    braced!(inner in body);
                    def.params = Punctuated::<Param, Token![,]>::parse_terminated(&inner)?.into_iter().collect();
                }
                "format" => def.format = Some(body.parse()?),
                "verify" => def.verify = true,
                w => {
                    let text =
                        format!("unknown section `{w}`: expected `params {{ .. }}`, `format \"..\"` or `verify`");
                    return Err(Error::new(word.span(), text));
                }
            }
            body.parse::<Option<Token![,]>>()?;
        }
        let mut names = HashSet::new();
        for p in &def.params {
            let text = p.name.unraw().to_string();
            if RESERVED.contains(&text.as_str()) {
                return Err(Error::new(p.name.span(), format!("`{text}` is the name of a generated function")));
            }
            if !names.insert(text.clone()) {
                return Err(Error::new(p.name.span(), format!("parameter `{text}` is declared twice")));
            }
        }
        if let Some(format) = &def.format {
            let keys: Vec<_> = def.params.iter().map(|p| (p.name.unraw().to_string(), p.optional)).collect();
            let kind = crate::format_syntax::Kind::Prop;
            let names: Vec<_> = keys
                .iter()
                .map(|(name, optional)| crate::format_syntax::Name { name, kind, optional: *optional })
                .collect();
            crate::syntax::check_format(format, &names, true)?;
        }
        Ok(def)
    }
}

pub(crate) fn generate(d: &Def, what: What) -> TokenStream {
    let Def { docs, attrs, vis, ident, name, .. } = d;
    let (handle, def_ty, data, intern, look) = match what {
        What::Type => (quote!(Type), quote!(TypeDef), quote!(TypeData), quote!(ty), quote!(type_data)),
        What::Attr => (quote!(Attribute), quote!(AttrDef), quote!(AttrData), quote!(attr), quote!(attr_data)),
    };
    let specs = d.params.iter().map(|p| {
        let (key, kind, optional) = (p.name.unraw().to_string(), &p.kind, p.optional);
        let default = match &p.default {
            Some(v) => quote!(::core::option::Option::Some(
                |ctx: &::cim_ir::Context| <#kind as ::cim_ir::kinds::AttrKind>::make(ctx, #v)
            )),
            None => quote!(::core::option::Option::None),
        };
        quote!(::cim_ir::op_def::PropSpec::of::<#kind>(#key, #optional, #default))
    });
    let format = d.format.iter().map(|_| {
        quote! {
            format: ::core::option::Option::Some(&FORMAT),
            parse: ::core::option::Option::Some(|parser| FORMAT.parse_params(DEF.params, parser)),
            print: ::core::option::Option::Some(|printer, values| FORMAT.print_params(DEF.params, printer, values)),
        }
    });
    let format_static = d.format.iter().map(crate::generate::format_static);
    let verify = d.verify.then(|| {
        quote!(verify: ::core::option::Option::Some(|ctx, params| <#ident as ::cim_ir::view::VerifyParams>::verify(ctx, params)),)
    });
    let accessors = d.params.iter().enumerate().map(|(i, p)| {
        let (pname, kind) = (&p.name, &p.kind);
        let doc = format!("Parameter `{}`.", pname.unraw());
        let kind = quote!(<#kind as ::cim_ir::kinds::AttrKind>);
        let get = quote!(self.param(ctx, #i).and_then(|a| #kind::get(ctx, a)));
        let (ret, body) = if p.optional {
            (quote!(::core::option::Option<#kind::Value<'_>>), get)
        } else {
            (quote!(#kind::Value<'_>), quote!(#get.unwrap_or_else(|| #kind::fallback(ctx))))
        };
        quote! {
            #[doc = #doc]
            pub fn #pname(self, ctx: &::cim_ir::Context) -> #ret { #body }
        }
    });
    let args = d.params.iter().map(|p| {
        let (pname, kind) = (&p.name, &p.kind);
        let arg = quote!(<#kind as ::cim_ir::kinds::AttrKind>::Arg<'_>);
        if p.optional { quote!(#pname: ::core::option::Option<#arg>) } else { quote!(#pname: #arg) }
    });
    let values = d.params.iter().map(|p| {
        let (pname, kind) = (&p.name, &p.kind);
        let kind = quote!(<#kind as ::cim_ir::kinds::AttrKind>);
        if p.optional {
            quote!(#pname.map_or(ctx.unit(), |v| #kind::make(ctx, v)))
        } else {
            quote!(#kind::make(ctx, #pname))
        }
    });
    let constraint = match what {
        What::Type => {
            let built = d.params.is_empty().then(|| quote!(.built(|ctx| #ident::get(ctx).0)));
            quote! {
                /// "must be this type", for operands and results.
                pub const CONSTRAINT: ::cim_ir::op_def::TypeConstraint =
                    ::cim_ir::constraints::types(#name, |ctx, ty| #ident::cast(ctx, ty).is_some())#built;
            }
        }
        What::Attr => quote!(),
    };
    let kind = (what == What::Attr).then(|| {
        quote! {
            impl ::cim_ir::kinds::AttrKind for #ident {
                type Value<'a> = #ident;
                type Arg<'a> = #ident;
                const SPEC: ::cim_ir::kinds::KindSpec = ::cim_ir::kinds::KindSpec::plain(
                    #name,
                    |ctx, a| #ident::cast(ctx, a).is_some(),
                );
                fn get(ctx: &::cim_ir::Context, attr: ::cim_ir::Attribute) -> ::core::option::Option<#ident> {
                    #ident::cast(ctx, attr)
                }
                fn make(_: &::cim_ir::Context, value: #ident) -> ::cim_ir::Attribute {
                    value.0
                }
                fn fallback(ctx: &::cim_ir::Context) -> #ident {
                    #ident(ctx.unit())
                }
            }
        }
    });
    quote! {
        #[doc = #docs]
        #(#attrs)*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #vis struct #ident(::cim_ir::#handle);

        const _: () = {
            #(#format_static)*
            static DEF: ::cim_ir::op_def::#def_ty = ::cim_ir::op_def::#def_ty {
                params: &[#(#specs),*],
                #(#format)*
                #verify
                ..::cim_ir::op_def::#def_ty::new(#name, #docs)
            };

            impl #ident {
                /// Full name.
                pub const NAME: &'static str = #name;
                /// Declaration.
                pub const DEF: &'static ::cim_ir::op_def::#def_ty = &DEF;
                #constraint
                /// With these parameters.
                #[allow(clippy::too_many_arguments)]
                pub fn get(ctx: &::cim_ir::Context, #(#args),*) -> Self {
                    let params = ::std::boxed::Box::new([#(#values),*]);
                    #ident(ctx.#intern(::cim_ir::core::#data::Dialect { def: &DEF, params }))
                }
                /// The typed view of `handle` if it is of this kind.
                pub fn cast(ctx: &::cim_ir::Context, handle: ::cim_ir::#handle) -> ::core::option::Option<Self> {
                    match ctx.#look(handle) {
                        ::cim_ir::core::#data::Dialect { def, .. } if ::core::ptr::eq(*def, &DEF) => {
                            ::core::option::Option::Some(#ident(handle))
                        }
                        _ => ::core::option::Option::None,
                    }
                }
                /// The handle.
                pub fn handle(self) -> ::cim_ir::#handle {
                    self.0
                }
                /// A parameter by position; None when there is none.
                pub fn param(self, ctx: &::cim_ir::Context, index: usize) -> ::core::option::Option<::cim_ir::Attribute> {
                    match ctx.#look(self.0) {
                        ::cim_ir::core::#data::Dialect { params, .. } => params.get(index).copied(),
                        _ => ::core::option::Option::None,
                    }
                }
                #(#accessors)*
            }
            #kind
        };
    }
}
