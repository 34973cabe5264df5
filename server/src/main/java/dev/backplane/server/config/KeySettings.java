package dev.backplane.server.config;

import dev.backplane.core.Problem;
import dev.backplane.server.auth.Scope;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/// Reads `keys`.
final class KeySettings {
    /// Guessing a key must be hopeless, whoever made it up.
    private static final int LENGTH_MIN = 20;

    private static final String LONG = "use a long random one, such as: openssl rand -hex 32";
    private static final String ADMIN = "BACKPLANE_API_KEY";

    private final Secrets secrets;
    private final Findings findings;
    private final Set<String> ids = new HashSet<>(Set.of("loopback"));
    private List<Settings> sections = List.of();

    KeySettings(Secrets secrets, Findings findings) {
        this.secrets = secrets;
        this.findings = findings;
    }

    List<Config.Key> read(Settings settings) {
        sections = findings.read(() -> settings.sections("keys"), List.of());
        List<Config.Key> keys = new ArrayList<>();
        for (Settings section : sections) {
            findings.read(() -> key(section, keys))
                    .ifPresent(key -> {
                        keys.add(key);
                        ids.add(key.name());
                    });
        }
        return keys;
    }

    /// The key of the environment, an administrator's.
    Optional<String> admin(Optional<String> variable) {
        variable.ifPresent(key -> {
            ids.add(ADMIN);
            if (key.length() < LENGTH_MIN) {
                findings.error(
                        Problem.of(
                                        Problem.Kind.CONFIG,
                                        "key is shorter than " + LENGTH_MIN + " characters",
                                        ADMIN)
                                .fix(LONG));
            }
        });
        return variable;
    }

    /// Whether there may be a key of that id: one made over the API is not known here.
    boolean mayExist(String id) {
        return ids.contains(id) || id.matches("key_[0-9a-f]{12}");
    }

    /// Keys that may ask for models which do not exist.
    ///
    /// @param isModel whether it does
    void lookAtModels(Predicate<String> isModel) {
        for (Settings section : sections) {
            for (String name : findings.read(() -> section.texts("models"), List.<String>of())) {
                if (!isModel.test(name)) {
                    findings.doubt(
                            section.doubt("models", "names '" + name + "', which is no model here")
                                    .fix("check the name: the key may ask for these, no others"));
                }
            }
        }
    }

    /// @param before that stand above it
    private Config.Key key(Settings section, List<Config.Key> before) {
        Optional<String> secret = secrets.read(section, "key", "");
        Set<Scope> scopes = EnumSet.noneOf(Scope.class);
        for (String scope : section.texts("scopes")) {
            scopes.add(
                    Scope.byId(scope)
                            .orElseThrow(() ->
                                    section.problem("scopes", "names '" + scope + "'")
                                            .fix("use ingest, read, call or admin")));
        }
        Config.Key key =
                new Config.Key(
                        section.text("name").orElse("key " + (before.size() + 1)),
                        secret.orElseThrow(() ->
                                section.problem("key_env", "is missing")
                                        .fix("name the variable that holds the key")),
                        scopes.isEmpty() ? Set.of(Scope.INGEST, Scope.READ) : scopes,
                        section.text("project").orElse("default"),
                        LimitSettings.key(section));
        compare(section, key, before);
        return key;
    }

    private static void compare(Settings section, Config.Key key, List<Config.Key> before) {
        String setting = section.text("key").isPresent() ? "key" : "key_env";
        if (key.secret().length() < LENGTH_MIN) {
            throw section.problem(setting, "is shorter than " + LENGTH_MIN + " characters")
                    .fix(LONG);
        }
        for (Config.Key other : before) {
            if (other.name().equals(key.name())) {
                throw section.problem("name", "is '" + key.name() + "', as another key's")
                        .fix("give each its own, because limits and usage go by it");
            }
            if (other.secret().equals(key.secret())) {
                throw section.problem(setting, "gives the same key as that of " + other.name())
                        .fix("give each a secret of its own");
            }
        }
    }
}
