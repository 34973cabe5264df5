package dev.backplane.server;

import dev.backplane.gateway.limit.Limits;
import dev.backplane.gateway.limit.Rules;
import dev.backplane.gateway.limit.Subject;
import dev.backplane.server.auth.Auth;
import dev.backplane.server.auth.KeyLimits;
import java.util.Map;

/// The limits of the keys themselves and, for everything else, of the configuration: both as they
/// are now. Thread-safe.
final class LiveRules implements Rules {
    private final Auth auth;
    private volatile Map<Subject, Limits> configured;

    LiveRules(Auth auth, Map<Subject, Limits> configured) {
        this.auth = auth;
        this.configured = Map.copyOf(configured);
    }

    /// For calls that begin from now on.
    void change(Map<Subject, Limits> limits) {
        configured = Map.copyOf(limits);
    }

    @Override
    public Limits limits(Subject subject) {
        if (subject.kind() == Subject.Kind.KEY) {
            Limits own = key(subject.name()).limits();
            if (!own.isNone()) {
                return own;
            }
        }
        Map<Subject, Limits> known = configured;
        Limits own = known.get(subject);
        return own != null
                ? own
                : known.getOrDefault(new Subject(subject.kind(), Subject.EACH), Limits.NONE);
    }

    @Override
    public boolean allows(String key, String model) {
        KeyLimits limits = key(key);
        return limits.models().isEmpty() || limits.models().contains(model);
    }

    private KeyLimits key(String id) {
        return auth.limits(id);
    }
}
