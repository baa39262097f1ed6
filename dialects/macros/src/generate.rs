//! Code of one operation declaration.

use crate::syntax::{Arity, Name, Op, Prop, Value};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::LitStr;
use syn::ext::IdentExt;

fn key(name: &Ident) -> String {
    name.unraw().to_string()
}

/// `set_x`, `maybe_x`, ...
fn prefixed(prefix: &str, name: &Ident) -> Ident {
    format_ident!("{}_{}", prefix, name.unraw(), span = name.span())
}

pub(crate) fn op(op: &Op) -> TokenStream {
    let Op { docs, attrs, vis, ident, name, .. } = op;
    let builder = format_ident!("{}Builder", ident, span = ident.span());
    let builder_doc = format!("Builds [`{ident}`]; made by [`{ident}::builder`].");
    let def = definition(op);
    let format = op.format.iter().map(format_static);
    let accessors = accessors(op);
    let setters = builder_methods(op);
    quote! {
        #[doc = #docs]
        #(#attrs)*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #vis struct #ident(::cim_ir::OpId);

        #[doc = #builder_doc]
        #vis struct #builder<'c>(::cim_ir::build::Parts<'c>);

        const _: () = {
            #(#format)*
            static DEF: ::cim_ir::op_def::OpDef = #def;

            // An operation may be called `Cast`.
            #[allow(clippy::self_named_constructors)]
            impl #ident {
                /// Full name.
                pub const NAME: &'static str = #name;
                /// Declaration.
                pub const DEF: &'static ::cim_ir::op_def::OpDef = &DEF;
                /// The typed view of `op` if it is this operation.
                pub fn cast(ir: &::cim_ir::Ir, op: ::cim_ir::OpId) -> ::core::option::Option<Self> {
                    <Self as ::cim_ir::view::OpView>::of(ir, op)
                }
                /// The operation.
                pub fn op(self) -> ::cim_ir::OpId {
                    self.0
                }
                /// A builder; what is not set stays absent, and the verifier reports it.
                pub fn builder(ctx: &::cim_ir::Context, loc: ::cim_ir::Location) -> #builder<'_> {
                    #builder(::cim_ir::build::Parts::new(ctx, &DEF, loc))
                }
                #accessors
            }

            impl ::cim_ir::view::OpView for #ident {
                const DEF: &'static ::cim_ir::op_def::OpDef = &DEF;
                fn wrap(op: ::cim_ir::OpId) -> Self {
                    #ident(op)
                }
                fn op(self) -> ::cim_ir::OpId {
                    self.0
                }
            }

            impl<'c> #builder<'c> {
                #setters
                /// Sets a discardable attribute.
                #[must_use]
                pub fn discardable(mut self, key: &str, value: ::cim_ir::Attribute) -> Self {
                    self.0.discardable(key, value);
                    self
                }
                /// The finished state, for `Ir::create`.
                pub fn build(self) -> ::cim_ir::OpState {
                    self.0.build()
                }
                /// As `build`; result types that were not set are inferred from operands and properties where the
                /// declaration says how.
                pub fn build_inferred(self, ir: &::cim_ir::Ir) -> ::cim_ir::OpState {
                    self.0.build_inferred(ir)
                }
            }
        };
    }
}

/// The format string with the functions of its `custom` directives.
pub(crate) fn format_static(format: &LitStr) -> TokenStream {
    // A format with mistakes was refused before.
    let elements = crate::format_syntax::parse(&format.value()).unwrap_or_default();
    let customs = crate::format_syntax::customs(&elements).into_iter().map(|name| {
        let ident = Ident::new(&name, format.span());
        quote!((#name, ::cim_ir::format::CustomFns::of::<#ident>()))
    });
    quote! {
        static FORMAT: ::cim_ir::format::Format = ::cim_ir::format::Format::new(#format, &[#(#customs),*]);
    }
}

fn definition(op: &Op) -> TokenStream {
    let Op { ident, name, docs, .. } = op;
    let operands = op.operands.iter().map(value_spec);
    let results = op.results.iter().map(value_spec);
    let mut props: Vec<TokenStream> = op.props.iter().map(prop_spec).collect();
    for (list, key) in [(&op.operands, "operandSegmentSizes"), (&op.results, "resultSegmentSizes")] {
        if segmented(list) {
            let zeros = list.iter().map(|_| quote!(0));
            props.push(quote!(::cim_ir::op_def::PropSpec::of::<::cim_ir::kinds::I32Array>(
                #key,
                false,
                ::core::option::Option::Some(|ctx| {
                    <::cim_ir::kinds::I32Array as ::cim_ir::kinds::AttrKind>::make(ctx, &[#(#zeros),*])
                })
            )
            .stored()));
        }
    }
    let region = |n: &Name| {
        let (key, variadic) = (key(&n.name), n.variadic);
        quote!(::cim_ir::op_def::NameSpec { name: #key, variadic: #variadic })
    };
    let regions = op.regions.iter().map(region);
    let successors = op.successors.iter().map(region);
    let interfaces = op.interfaces.iter().map(|path| quote!(&#path::of::<#ident>()));
    let mut traits: Vec<TokenStream> = op
        .traits
        .iter()
        .map(|t| {
            let name = &t.name;
            let args = t.args.iter().map(|args| quote!((&[#(#args),*])));
            quote!(::cim_ir::op_def::Trait::#name #(#args)*)
        })
        .collect();
    if segmented(&op.operands) {
        traits.push(quote!(::cim_ir::op_def::Trait::AttrSizedOperandSegments));
    }
    if segmented(&op.results) {
        traits.push(quote!(::cim_ir::op_def::Trait::AttrSizedResultSegments));
    }
    let mut hooks = Vec::new();
    if op.format.is_some() {
        hooks.push(quote! {
            format: ::core::option::Option::Some(&FORMAT),
            parse: ::core::option::Option::Some(|parser, state| FORMAT.parse(&DEF, parser, state)),
            print: ::core::option::Option::Some(|printer, ir, op| FORMAT.print(&DEF, printer, ir, op))
        });
    }
    if let Some(dialect) = &op.default_dialect {
        hooks.push(quote!(default_dialect: #dialect));
    }
    let view = quote!(<#ident as ::cim_ir::view::OpView>::wrap(op));
    for hook in &op.hooks {
        // Errors about a missing implementation point at the word that asked for it.
        let span = hook.span();
        let path = |name: &str, function: &str| {
            let (name, function) = (format_ident!("{}", name), format_ident!("{}", function));
            quote_spanned!(span=> <#ident as ::cim_ir::view::#name>::#function)
        };
        let some = |field: &str, value: TokenStream| {
            let field = format_ident!("{}", field);
            quote!(#field: ::core::option::Option::Some(#value))
        };
        hooks.push(match hook.to_string().as_str() {
            "verify" => {
                let f = path("Verify", "verify");
                some("verify", quote!(|ir, op| #f(#view, ir)))
            }
            "verify_regions" => {
                let f = path("VerifyRegions", "verify_regions");
                some("verify_regions", quote!(|ir, op| #f(#view, ir)))
            }
            "fold" => {
                let f = path("Fold", "fold");
                some("fold", quote!(|ir, op, constants| #f(#view, ir, constants)))
            }
            "canonicalize" => some("canonicalize", path("Canonicalize", "patterns")),
            "infer" => some("infer", path("InferResults", "infer")),
            "parse" => some("parse", path("CustomAsm", "parse")),
            _ => {
                let f = path("CustomAsm", "print");
                some("print", quote!(|printer, ir, op| #f(#view, ir, printer)))
            }
        });
    }
    quote! {
        ::cim_ir::op_def::OpDef {
            operands: &[#(#operands),*],
            results: &[#(#results),*],
            props: &[#(#props),*],
            regions: &[#(#regions),*],
            successors: &[#(#successors),*],
            interfaces: &[#(#interfaces),*],
            traits: &[#(#traits),*],
            #(#hooks,)*
            ..::cim_ir::op_def::OpDef::new(#name, #docs)
        }
    }
}

/// Several groups of any size: the sizes are a property.
fn segmented(list: &[Value]) -> bool {
    list.iter().filter(|v| v.arity != Arity::One).count() > 1
}

fn value_spec(v: &Value) -> TokenStream {
    let (name, constraint) = (key(&v.name), &v.constraint);
    let arity = match v.arity {
        Arity::One => quote!(One),
        Arity::Optional => quote!(Optional),
        Arity::Variadic => quote!(Variadic),
    };
    quote! {
        ::cim_ir::op_def::ValueSpec {
            name: #name,
            arity: ::cim_ir::op_def::Arity::#arity,
            constraint: #constraint,
        }
    }
}

fn default_fn(p: &Prop) -> TokenStream {
    let kind = &p.kind;
    match &p.default {
        Some(value) => quote!(::core::option::Option::Some(
            |ctx: &::cim_ir::Context| <#kind as ::cim_ir::kinds::AttrKind>::make(ctx, #value)
        )),
        None => quote!(::core::option::Option::None),
    }
}

fn prop_spec(p: &Prop) -> TokenStream {
    let (name, kind, default) = (key(&p.name), &p.kind, default_fn(p));
    let optional = p.optional;
    quote!(::cim_ir::op_def::PropSpec::of::<#kind>(#name, #optional, #default))
}

fn accessors(op: &Op) -> TokenStream {
    let mut out = TokenStream::new();
    for (i, v) in op.operands.iter().enumerate() {
        let (name, set, doc) = (&v.name, prefixed("set", &v.name), format!("Operand `{}`.", key(&v.name)));
        let set_doc = format!("Changes operand `{}`.", key(&v.name));
        out.extend(match v.arity {
            Arity::One => quote! {
                #[doc = #doc]
                pub fn #name(self, ir: &::cim_ir::Ir) -> ::cim_ir::ValueId {
                    ::cim_ir::segments::operand(ir, self.0, &DEF, #i)
                }
                #[doc = #set_doc]
                pub fn #set(self, ir: &mut ::cim_ir::Ir, value: ::cim_ir::ValueId) {
                    ::cim_ir::segments::set_operands(ir, self.0, &DEF, #i, &[value]);
                }
            },
            Arity::Optional => quote! {
                #[doc = #doc]
                pub fn #name(self, ir: &::cim_ir::Ir) -> ::core::option::Option<::cim_ir::ValueId> {
                    ::cim_ir::segments::operands(ir, self.0, &DEF, #i).next()
                }
                #[doc = #set_doc]
                pub fn #set(self, ir: &mut ::cim_ir::Ir, value: ::core::option::Option<::cim_ir::ValueId>) {
                    ::cim_ir::segments::set_operands(ir, self.0, &DEF, #i, value.as_slice());
                }
            },
            Arity::Variadic => quote! {
                #[doc = #doc]
                pub fn #name(self, ir: &::cim_ir::Ir) -> ::std::vec::Vec<::cim_ir::ValueId> {
                    ::cim_ir::segments::operands(ir, self.0, &DEF, #i).collect()
                }
                #[doc = #set_doc]
                pub fn #set(self, ir: &mut ::cim_ir::Ir, values: &[::cim_ir::ValueId]) {
                    ::cim_ir::segments::set_operands(ir, self.0, &DEF, #i, values);
                }
            },
        });
    }
    for (i, v) in op.results.iter().enumerate() {
        let (name, doc) = (&v.name, format!("Result `{}`.", key(&v.name)));
        let (ty, body) = match v.arity {
            Arity::One => (quote!(::cim_ir::ValueId), quote!(::cim_ir::segments::result(ir, self.0, &DEF, #i))),
            Arity::Optional => (
                quote!(::core::option::Option<::cim_ir::ValueId>),
                quote!(::cim_ir::segments::results(ir, self.0, &DEF, #i).next()),
            ),
            Arity::Variadic => (
                quote!(::std::vec::Vec<::cim_ir::ValueId>),
                quote!(::cim_ir::segments::results(ir, self.0, &DEF, #i).collect()),
            ),
        };
        out.extend(quote! {
            #[doc = #doc]
            pub fn #name(self, ir: &::cim_ir::Ir) -> #ty { #body }
        });
    }
    out.extend(op.props.iter().map(prop_accessors));
    for (i, n) in op.regions.iter().enumerate() {
        let (name, doc) = (&n.name, format!("Region `{}`.", key(&n.name)));
        out.extend(if n.variadic {
            quote! {
                #[doc = #doc]
                pub fn #name(self, ir: &::cim_ir::Ir) -> &[::cim_ir::RegionId] {
                    ir.regions_of(self.0).get(#i..).unwrap_or_default()
                }
            }
        } else {
            quote! {
                #[doc = #doc]
                pub fn #name(self, ir: &::cim_ir::Ir) -> ::cim_ir::RegionId {
                    ::cim_ir::segments::region(ir, self.0, #i)
                }
            }
        });
    }
    for (i, n) in op.successors.iter().enumerate() {
        let (name, doc) = (&n.name, format!("Successor `{}`.", key(&n.name)));
        out.extend(if n.variadic {
            quote! {
                #[doc = #doc]
                pub fn #name(self, ir: &::cim_ir::Ir) -> &[::cim_ir::BlockId] {
                    ir.successors(self.0).get(#i..).unwrap_or_default()
                }
            }
        } else {
            quote! {
                #[doc = #doc]
                pub fn #name(self, ir: &::cim_ir::Ir) -> ::cim_ir::BlockId {
                    ::cim_ir::segments::successor(ir, self.0, #i)
                }
            }
        });
    }
    out
}

fn prop_accessors(p: &Prop) -> TokenStream {
    let (name, kind, text) = (&p.name, &p.kind, key(&p.name));
    let (set, doc, set_doc) =
        (prefixed("set", name), format!("Property `{text}`."), format!("Changes property `{text}`."));
    let kind = quote!(<#kind as ::cim_ir::kinds::AttrKind>);
    let getter = if p.optional {
        quote! {
            #[doc = #doc]
            pub fn #name(self, ir: &::cim_ir::Ir) -> ::core::option::Option<#kind::Value<'_>> {
                #kind::get(ir.ctx(), ::cim_ir::segments::prop(ir, self.0, #text)?)
            }
        }
    } else {
        let absent = match &p.default {
            Some(value) => quote!(.unwrap_or_else(|| #kind::make(ir.ctx(), #value))),
            None => quote!(?),
        };
        let get = quote!(#kind::get(ir.ctx(), ::cim_ir::segments::prop(ir, self.0, #text)#absent));
        let get = if p.default.is_some() { get } else { quote!((|| #get)()) };
        quote! {
            #[doc = #doc]
            pub fn #name(self, ir: &::cim_ir::Ir) -> #kind::Value<'_> {
                #get.unwrap_or_else(|| #kind::fallback(ir.ctx()))
            }
        }
    };
    let setter = if p.optional {
        quote! {
            #[doc = #set_doc]
            pub fn #set(self, ir: &mut ::cim_ir::Ir, value: ::core::option::Option<#kind::Arg<'_>>) {
                let value = value.and_then(|v| #kind::put(ir.ctx(), v));
                ir.set_prop(self.0, #text, value);
            }
        }
    } else {
        quote! {
            #[doc = #set_doc]
            pub fn #set(self, ir: &mut ::cim_ir::Ir, value: #kind::Arg<'_>) {
                let value = #kind::put(ir.ctx(), value);
                ir.set_prop(self.0, #text, value);
            }
        }
    };
    quote!(#getter #setter)
}

fn builder_methods(op: &Op) -> TokenStream {
    let mut out = TokenStream::new();
    let lists = [
        (&op.operands, quote!(operands), quote!(::cim_ir::ValueId), "operand"),
        (&op.results, quote!(results), quote!(::cim_ir::Type), "type of result"),
    ];
    for (list, method, ty, what) in lists {
        for (i, v) in list.iter().enumerate() {
            let (name, doc) = (&v.name, format!("Sets {what} `{}`.", key(&v.name)));
            let (arg, pass) = match v.arity {
                Arity::One => (ty.clone(), quote!(&[value])),
                Arity::Optional => {
                    (quote!(impl ::core::convert::Into<::core::option::Option<#ty>>), quote!(value.into().as_slice()))
                }
                Arity::Variadic => (quote!(&[#ty]), quote!(value)),
            };
            out.extend(quote! {
                #[doc = #doc]
                #[must_use]
                pub fn #name(mut self, value: #arg) -> Self {
                    self.0.#method(#i, #pass);
                    self
                }
            });
        }
    }
    for p in &op.props {
        let (name, kind, text) = (&p.name, &p.kind, key(&p.name));
        let (maybe, doc) = (prefixed("maybe", name), format!("Sets property `{text}`."));
        let kind = quote!(<#kind as ::cim_ir::kinds::AttrKind>);
        out.extend(quote! {
            #[doc = #doc]
            #[must_use]
            pub fn #name(mut self, value: #kind::Arg<'_>) -> Self {
                let value = #kind::put(self.0.ctx(), value);
                self.0.prop(#text, value);
                self
            }
        });
        if p.optional {
            let doc = format!("Sets property `{text}` unless None.");
            out.extend(quote! {
                #[doc = #doc]
                #[must_use]
                pub fn #maybe(self, value: ::core::option::Option<#kind::Arg<'_>>) -> Self {
                    match value {
                        ::core::option::Option::Some(v) => self.#name(v),
                        ::core::option::Option::None => self,
                    }
                }
            });
        }
    }
    let lists = [
        (&op.regions, quote!(regions), quote!(::cim_ir::RegionId), "region"),
        (&op.successors, quote!(successors), quote!(::cim_ir::BlockId), "successor"),
    ];
    for (list, method, ty, what) in lists {
        for n in list {
            let (name, doc) = (&n.name, format!("Adds {what} `{}`; call in order of declaration.", key(&n.name)));
            let (arg, pass) = if n.variadic { (quote!(&[#ty]), quote!(value)) } else { (ty.clone(), quote!(&[value])) };
            out.extend(quote! {
                #[doc = #doc]
                #[must_use]
                pub fn #name(mut self, value: #arg) -> Self {
                    self.0.#method(#pass);
                    self
                }
            });
        }
    }
    out
}
