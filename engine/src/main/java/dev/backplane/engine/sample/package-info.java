/// From logits to the next token of a request: biases, penalties, temperature, what is left out,
/// the draw, and what is reported of it.
@NullMarked
package dev.backplane.engine.sample;

import org.jspecify.annotations.NullMarked;
