@NullMarked
package dev.backplane.bench.gateway;

import org.jspecify.annotations.NullMarked;
