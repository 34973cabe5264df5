/// Chat templates: a conversation becomes the text that a model reads.
///
/// ```
/// source ─► Lexer ─► Lexemes ─► Parser, ExpressionParser ─► Statement, Expression
///                                                                │
/// messages, tools, special tokens ─► Value ─► Renderer, Evaluator ─► MarkedText
/// ```
///
/// Templates are written in Jinja, a language whose values are Python's; so the values, operators,
/// methods and filters here are Python's as well, as far as templates can see them: what is
/// printed, what is true, what is equal, how a float or a dict is written
/// ([dev.backplane.text.template] holds nothing of Python but that).
///
/// | file | what is in it |
/// |---|---|
/// | `Operators` | `+ - * / // % **`, comparisons, `in`, slices |
/// | `Members` | `value.name`, `value[index]`, `loop.*` |
/// | `Methods` | methods of strings, lists and dicts |
/// | `Filters`, `ListFilters`, `Tests` | what stands behind `|` and `is` |
/// | `PythonText`, `JsonFormat`, `PrintfFormat`, `Strftime` | how values are written |
///
/// Every string is a [dev.backplane.text.MarkedText], and every operation keeps track of which of
/// its characters are from outside. That is the reason for an engine of our own, beside that no
/// other for the JVM writes what the makers' templates mean.
///
/// Invariants:
///
/// - A character of the messages or tools that comes out is untrusted, however it came there.
/// - What is printed is what Jinja prints (golden cases hold its output).
/// - A template cannot change what it was given, and ends after a bounded number of steps.
/// - A refusal names the template, the line and the column.
@NullMarked
package dev.backplane.text.template;

import org.jspecify.annotations.NullMarked;
