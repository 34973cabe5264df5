/// The house rules as tests, over all modules at once: which room may know which
/// ([ArchitectureTest]), how a source file looks ([StyleTest]) and what the documents must mention
/// ([DocumentationTest]).
///
/// They live in `cli` because it is the one module that sees every other.
@NullMarked
package dev.backplane.architecture;

import org.jspecify.annotations.NullMarked;
