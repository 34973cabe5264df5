/// What the operator asked for: defaults, then the YAML file, then the environment, then the
/// command line, later ones winning.
///
/// [Config] is the result, complete and checked; nothing below reads a file or a variable again. A
/// setting that nobody knows is an error with its line and the nearest known name, because a
/// misspelt limit is worse than none.
@NullMarked
package dev.backplane.server.config;

import org.jspecify.annotations.NullMarked;
