/// Which tokens may come next when an answer must have a form.
///
/// ```
/// JSON schema, GBNF, regular expression ─► Rule ─► Automaton (bytes, with a stack)
///                                                     │
/// vocabulary ─► TokenTrie ─► TokenMasks: by position, once; shared by all answers
///                                                     │
/// tokens so far ─► GrammarMatcher ─► mask ─► sampling
/// ```
///
/// A token may go over the borders of a grammar's parts: `",` ends a text and goes on to the next
/// member. So which tokens may come depends on all that one is inside of. Most do not, though: what
/// stays within one rule is the same wherever the rule is used.
/// [dev.backplane.text.grammar.TokenMasks] works that out once for a position; the few tokens that
/// leave the rule are followed with the whole stack each time. The idea is xgrammar's (Dong and
/// others, 2024).
///
/// Invariants:
///
/// - A mask has a token if and only if the answer with it can still become one of the grammar's.
/// - What a JSON schema's grammar lets through is valid for the schema; a keyword that cannot be
///   held to is refused.
/// - Work and memory are bounded whatever the grammar: its parts, its nesting, how ambiguous it is.
@NullMarked
package dev.backplane.text.grammar;

import org.jspecify.annotations.NullMarked;
