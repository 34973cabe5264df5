package dev.backplane.engine.speculate;

import dev.backplane.engine.schedule.Sequence;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// What earlier requests said, by tenant: a request finds what its own salt and user wrote, never
/// another's. The tenant who was here longest ago is forgotten first. For one thread.
final class Histories {
    /// Of one tenant.
    static final int TOKENS_MAX = 1 << 17;

    private static final int TOKENS_MIN = 1 << 10;

    private record Tenant(String salt, String user) {}

    private final int tenantTokens;
    private final int tenantsMax;
    private final Map<Tenant, History> histories = new LinkedHashMap<>(16, 0.75f, true);

    /// @param tokensMax of all tenants together
    Histories(int tokensMax) {
        tenantTokens = Integer.highestOneBit(Math.clamp(tokensMax / 8, TOKENS_MIN, TOKENS_MAX));
        tenantsMax = Math.max(1, tokensMax / tenantTokens);
    }

    /// Of the sequence's tenant, if there is any.
    Optional<History> find(Sequence sequence) {
        return Optional.ofNullable(histories.get(new Tenant(sequence.salt(), sequence.user())));
    }

    private History of(Sequence sequence) {
        Tenant tenant = new Tenant(sequence.salt(), sequence.user());
        History known = histories.get(tenant);
        if (known == null) {
            if (histories.size() == tenantsMax) {
                histories.remove(histories.keySet().iterator().next());
            }
            known = new History(tenantTokens);
            histories.put(tenant, known);
        }
        return known;
    }

    /// Remembers an answer, with the end of what it answers so that its beginning is found, too.
    void remember(Sequence sequence) {
        History history = of(sequence);
        history.gap();
        int from = Math.max(0, sequence.promptLength() - History.MATCH_MAX);
        for (int i = from; i < sequence.length(); i++) {
            history.add(sequence.token(i));
        }
    }
}
