/// Everything that goes wrong between a client, the server and a provider, over real sockets.
///
/// A [dev.backplane.server.faults.FaultyModel] writes what a fault says, byte for byte; a
/// [dev.backplane.server.faults.Client] knows how an answer and an error look in each dialect.
@NullMarked
package dev.backplane.server.faults;

import org.jspecify.annotations.NullMarked;
