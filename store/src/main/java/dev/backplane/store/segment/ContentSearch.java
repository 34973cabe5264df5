package dev.backplane.store.segment;

import dev.backplane.core.Field;
import dev.backplane.core.Slice;
import dev.backplane.store.content.ContentSource;
import dev.backplane.store.content.FirstReach;
import dev.backplane.store.content.Joints;
import dev.backplane.store.content.Marks;
import dev.backplane.store.text.Shape;
import dev.backplane.store.text.TextQuery;
import java.util.Optional;

/// One query over the contents of one container.
public interface ContentSearch {
    ContentSource source();

    Joints joints();

    /// Where a leaf of the query holds.
    Marks marks(TextQuery.Leaf leaf);

    /// Where any leaf holds whose occurrence speaks for a match.
    default Marks wanted(TextQuery query) {
        Marks all = Marks.none();
        query.wanted().forEach(leaf -> all.add(marks(leaf)));
        return all;
    }

    /// The text that made a row a hit.
    ///
    /// @param field where it stands, empty for the row's own words
    record Passage(Optional<Field> field, Slice text, Shape shape) {}

    /// @param place that a [FirstReach] gave
    default Passage passage(Field field, int place) {
        int number = FirstReach.number(place);
        boolean joint = FirstReach.isJoint(place);
        Slice text = joint ? joints().text(source(), number) : source().leaf(number);
        int head = joint ? joints().headOf(number) : joints().head(number);
        Slice first = head == number && !joint ? text : source().leaf(head);
        return new Passage(Optional.of(field), text, Passages.shape(first));
    }
}
