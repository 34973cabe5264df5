package dev.backplane.server.config;

import dev.backplane.core.Problem;
import dev.backplane.gateway.limit.Budget;
import dev.backplane.gateway.limit.Limits;
import dev.backplane.gateway.limit.Subject;
import dev.backplane.server.auth.KeyLimits;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;

/// Reads `rpm`, `tpm`, `concurrency` and `budget`, of keys and of `gateway.limits`.
final class LimitSettings {
    private static final long MAX = 1_000_000_000_000L;

    private LimitSettings() {}

    static KeyLimits key(Settings key) {
        return new KeyLimits(limits(key), new LinkedHashSet<>(key.texts("models")));
    }

    private static Limits limits(Settings section) {
        List<Budget> budgets = new ArrayList<>();
        for (String text : section.texts("budget")) {
            budgets.add(
                    Budget.parse(text)
                            .orElseThrow(() ->
                                    section.problem("budget", "is '" + text + "'")
                                            .fix("write " + Budget.FORM)));
        }
        return new Limits(
                number(section, "rpm"),
                number(section, "tpm"),
                number(section, "concurrency"),
                budgets);
    }

    private static OptionalLong number(Settings section, String name) {
        Optional<Long> number = section.number(name, MAX);
        return number.isPresent() ? OptionalLong.of(number.get()) : OptionalLong.empty();
    }

    /// `gateway.limits`: each entry names one key, user, model or tag.
    ///
    /// @param exists whether there is such a key or model, as far as can be known
    static Map<Subject, Limits> all(
            Settings gateway, Predicate<Subject> exists, Findings findings) {
        Map<Subject, Limits> all = new LinkedHashMap<>();
        for (Settings entry : gateway.sections("limits")) {
            findings.read(() -> {
                Subject subject = subject(entry);
                if (all.put(subject, limits(entry)) != null) {
                    throw entry.problem(subject.kind().id(), "has limits twice")
                            .fix("keep one entry for " + subject);
                }
                if (!subject.name().equals(Subject.EACH) && !exists.test(subject)) {
                    String kind = subject.kind().id();
                    findings.doubt(
                            entry.doubt(
                                            kind,
                                            "is '%s', which is no %s here"
                                                    .formatted(subject.name(), kind))
                                    .fix("check the name: these limits hold for nobody"));
                }
                return subject;
            });
        }
        return all;
    }

    private static Subject subject(Settings entry) {
        List<Subject> named = new ArrayList<>();
        for (Subject.Kind kind : Subject.Kind.values()) {
            entry.text(kind.id()).ifPresent(name -> named.add(new Subject(kind, name)));
        }
        if (named.size() != 1) {
            Problem problem =
                    entry.problem(
                            named.isEmpty() ? "key" : named.getLast().kind().id(),
                            named.isEmpty() ? "is missing" : "is not the only subject");
            throw problem.fix("give one of key, user, model and tag; \"*\" means each of them");
        }
        return named.getFirst();
    }
}
