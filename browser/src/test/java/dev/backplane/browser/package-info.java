/// The UI as a person meets it: a real server, a real Chromium, data as agents send it. Each test
/// says what is seen, not how it is drawn. Where no Chromium stands, the tests are skipped and say
/// so.
@NullMarked
package dev.backplane.browser;

import org.jspecify.annotations.NullMarked;
