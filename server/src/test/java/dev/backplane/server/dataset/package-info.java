/// Tests of datasets below their API.
@NullMarked
package dev.backplane.server.dataset;

import org.jspecify.annotations.NullMarked;
