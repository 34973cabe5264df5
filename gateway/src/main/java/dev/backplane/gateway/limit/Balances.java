package dev.backplane.gateway.limit;

import java.util.List;

/// All that has to survive a restart.
///
/// @param settlement the last one in it; those with higher numbers are not
public record Balances(long settlement, List<Balance> balances) {
    public static final Balances EMPTY = new Balances(0, List.of());

    public Balances {
        balances = List.copyOf(balances);
    }
}
