package dev.backplane.gateway.dialect;

import dev.backplane.gateway.model.Part;
import java.util.Set;
import java.util.function.Consumer;

/// What dialects keep beside a thought ([Part.Reasoning#extras]) to write it again as it came, and
/// what of it another dialect has to report.
public final class Thoughts {
    /// The whole element that a thought came as, in a dialect that lists them.
    public static final String FORM = "form";

    /// The member in which the thoughts of a message were said a second time.
    public static final String ALSO = "also";

    /// Its place among those of its message, from 0.
    public static final String PLACE = "place";

    private static final Set<String> OWN = Set.of(FORM, ALSO, PLACE);

    private Thoughts() {}

    /// Tells the members beside a thought that a provider of another dialect does not get.
    public static void report(Part.Reasoning thought, Consumer<String> ignored) {
        thought.extras().members().keySet().stream()
                .filter(name -> !OWN.contains(name))
                .forEach(name -> ignored.accept("messages.reasoning." + name));
    }
}
