/// Tests of the command line: what people and agents see, byte for byte.
@NullMarked
package dev.backplane.cli;

import org.jspecify.annotations.NullMarked;
