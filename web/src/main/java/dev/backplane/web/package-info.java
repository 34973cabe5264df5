/// The browser UI.
///
/// ```
/// files/index.html ─► WebPage  (import map, preloads, version put in; policy with the map's hash)
/// files/app/*.js    ┐
/// files/styles/*.css├► WebFiles ─► /ui/{version}/…   kept by browsers for good
/// files/lib/…       ┘  (Lit, uPlot: unpacked from their artifacts by the build)
/// ```
///
/// The modules in `files/app` are what runs, without their comments: no compiler, no bundler.
/// `app/main.js` is where reading starts; `app/types.js` says in JSDoc what the API answers, and
/// `tsc` holds all of it to that where npm is there (`web/check-types`).
///
/// Invariants:
///
/// - The UI uses the HTTP API and nothing else: what it shows, a script can ask for.
/// - Nothing is loaded from elsewhere, and no text of a span ever becomes markup: the policy allows
///   scripts and styles from this server's files only, and DOM is built by Lit's templates.
/// - Addresses under `/ui/` contain a hash of all files, so a browser never mixes two versions.
@NullMarked
package dev.backplane.web;

import org.jspecify.annotations.NullMarked;
