package dev.backplane.gateway.dialect;

import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.model.Part;
import java.util.Set;
import java.util.function.Consumer;

/// What dialects keep beside a thought ([Part.Reasoning#extras]) to write it again as it came, and
/// what of it another dialect has to report.
public final class Thoughts {
    /// The whole element that a thought came as, in a dialect that lists them.
    public static final String FORM = "backplane:form";

    /// The member in which the thoughts of a message were said a second time.
    public static final String ALSO = "backplane:also";

    /// Its place among those of its message, from 0.
    public static final String PLACE = "backplane:place";

    private static final Set<String> OWN = Set.of(FORM, ALSO, PLACE);

    private Thoughts() {}

    /// The element, or [Slice#EMPTY]; a client may have sent members of these names.
    public static Slice form(Part.Reasoning thought) {
        Slice form = thought.extras().get(FORM);
        return form.text().startsWith("{") ? form : Slice.EMPTY;
    }

    /// The member's name, or empty.
    public static String also(Part.Reasoning thought) {
        Slice also = thought.extras().get(ALSO);
        return also.text().startsWith("\"") ? JsonCursor.read(also, ALSO, JsonCursor::text) : "";
    }

    /// @param otherwise where it came with none
    public static int place(Part.Reasoning thought, int otherwise) {
        String place = thought.extras().get(PLACE).text();
        return place.matches("\\d{1,9}") ? Integer.parseInt(place) : otherwise;
    }

    /// Tells the members beside a thought that a provider of another dialect does not get.
    public static void report(Part.Reasoning thought, Consumer<String> ignored) {
        thought.extras().members().keySet().stream()
                .filter(name -> !OWN.contains(name))
                .forEach(name -> ignored.accept("messages.reasoning." + name));
    }
}
