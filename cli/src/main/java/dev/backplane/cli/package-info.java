/// The command line, for people and for agents.
///
/// ```
/// arguments ─► [CommandLine] ─► [Invocation] ─► [Dispatch] ─► a command ─► [Output] ─► stdout
///                  ▲                                             │           └──────► stderr
///             [CommandTable]                                  [Client] ─► the server
///       help, manifest, completions, docs/cli.md
/// ```
///
/// Three invariants hold for every command:
///
/// 1. *One table.* What a command is called, takes, prints and means stands in [CommandTable] and
///    nowhere else: parsing, help, the manifest, shell completions and `docs/cli.md` are made from
///    it.
/// 2. *One renderer.* A command says what its data is; [Output] alone decides how it looks in which
///    [Format]. Data goes to stdout, all else to stderr.
/// 3. *One error.* Whatever fails becomes a [Failure]: text for people, a JSON envelope in every
///    other format, and an exit code that follows from its kind.
///
/// Start-up is the budget: an agent calls this program thousands of times. Nothing on the path of a
/// client command loads the server, the store or `java.net.http`; a test holds it to that.
@NullMarked
package dev.backplane.cli;

import org.jspecify.annotations.NullMarked;
