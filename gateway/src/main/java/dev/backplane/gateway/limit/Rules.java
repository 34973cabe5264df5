package dev.backplane.gateway.limit;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/// Which limits are in force. Asked for every call: what it answers may change at any time.
/// Thread-safe.
public interface Rules {
    /// Nobody has any.
    Rules NONE =
            new Rules() {
                @Override
                public Limits limits(Subject subject) {
                    return Limits.NONE;
                }

                @Override
                public boolean allows(String key, String model) {
                    return true;
                }
            };

    Limits limits(Subject subject);

    /// Whether calls with the key may ask for the model.
    ///
    /// @param model as the client names it
    boolean allows(String key, String model);

    /// Rules that do not change.
    ///
    /// @param limits under [Subject#EACH] for all of a kind that have none of their own
    /// @param models by key; a key that is not there may use all
    static Rules of(Map<Subject, Limits> limits, Map<String, Set<String>> models) {
        Map<Subject, Limits> known = new HashMap<>(limits);
        Map<String, Set<String>> allowed = new HashMap<>(models);
        return new Rules() {
            @Override
            public Limits limits(Subject subject) {
                Limits own = known.get(subject);
                return own != null
                        ? own
                        : known.getOrDefault(
                                new Subject(subject.kind(), Subject.EACH), Limits.NONE);
            }

            @Override
            public boolean allows(String key, String model) {
                Set<String> some = allowed.get(key);
                return some == null || some.contains(model);
            }
        };
    }
}
