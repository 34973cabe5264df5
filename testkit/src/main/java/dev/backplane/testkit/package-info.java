/// What tests of all rooms share: everything random comes from one printed seed, everything that
/// fails does so on purpose.
///
/// [dev.backplane.testkit.Gen] makes random input and runs properties over it; a failure says the
/// seed, and `-Dseed=` runs that one case again. [dev.backplane.testkit.SpanGen] makes streams of
/// span events as agents send them. [dev.backplane.testkit.ManualTime] is a clock that stands until
/// it is told to go on. [dev.backplane.testkit.FaultyObjectStore] breaks an object store in the
/// ways that networks and disks do, and [dev.backplane.testkit.ObjectStoreContract] is what every
/// implementation has to pass.
@NullMarked
package dev.backplane.testkit;

import org.jspecify.annotations.NullMarked;
