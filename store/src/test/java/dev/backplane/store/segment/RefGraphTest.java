package dev.backplane.store.segment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Field;
import dev.backplane.store.content.Marks;
import dev.backplane.store.content.Refs;
import dev.backplane.store.event.ByteWriter;
import dev.backplane.store.segment.PackDirectory.Totals;
import dev.backplane.testkit.Gen;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class RefGraphTest {
    /// A graph as its writer sees it, in plain lists.
    private static final class Model {
        final List<List<RefGraph.Ref>> refs = new ArrayList<>();
        final List<Integer> parents = new ArrayList<>();
        final List<Long> orders = new ArrayList<>();
        final List<String> strays = new ArrayList<>();

        /// What each document is: a leaf (`L`), a joint (`J`) or a row (`R`) and its number.
        final List<String> documents = new ArrayList<>();

        int leaves;
        int sequences;
        int joints;
        final ByteWriter out = new ByteWriter(16);

        Model(RandomGenerator random) {
            int rows = Gen.integer(random, 1, 40);
            ByteWriter jointDocuments = new ByteWriter(16);
            int lastJoint = -1;
            for (int row = 0; row < rows; row++) {
                RowRefs base = new RowRefs(leaves, sequences);
                for (int i = Gen.integer(random, 0, 4); i > 0; i--) {
                    if (Gen.oneIn(random, 4)) {
                        jointDocuments.putVar(documents.size() - lastJoint);
                        lastJoint = documents.size();
                        documents.add("J" + joints++);
                    } else {
                        documents.add("L" + leaves++);
                    }
                }
                sequences += Gen.integer(random, 0, 2);
                documents.add("R" + row);
                List<RefGraph.Ref> own = new ArrayList<>();
                for (int i = Gen.integer(random, 0, 5); i > 0; i--) {
                    boolean sequence = sequences > 0 && random.nextBoolean();
                    if (sequence || leaves > 0) {
                        own.add(
                                new RefGraph.Ref(
                                        Gen.pick(random, Field.INPUT, Field.OUTPUT, Field.TOOLS),
                                        sequence
                                                ? Refs.sequence(random.nextInt(sequences))
                                                : Refs.leaf(random.nextInt(leaves))));
                    }
                }
                refs.add(own);
                RefGraph.write(
                        out, base, leaves - base.leaves(), sequences - base.sequences(), own);
            }
            Placement.Writer placement = new Placement.Writer();
            for (int row = 0; row < rows; row++) {
                int parent = random.nextInt(rows);
                parents.add(parent == row ? Placement.NONE : parent);
                orders.add(random.nextLong());
                strays.add(parent == row && random.nextBoolean() ? "elsewhere" : "");
                placement.add(orders.getLast(), parent, strays.getLast());
            }
            placement.write(out);
            out.putVar(joints).put(jointDocuments.array(), 0, jointDocuments.size());
        }

        RefGraph read() {
            Totals totals = new Totals("p", refs.size(), leaves, sequences, 0, 0, 0, 0);
            return RefGraph.read(out.toBytes(), totals);
        }
    }

    @Test
    void readsBackAsItWasWritten() {
        Gen.check(
                300,
                random -> {
                    Model model = new Model(random);
                    RefGraph graph = model.read();
                    assertThat(graph.rows()).isEqualTo(model.refs.size());
                    for (int row = 0; row < graph.rows(); row++) {
                        Placement placement = graph.placement();
                        assertThat(placement.parent(row)).isEqualTo(model.parents.get(row));
                        assertThat(placement.orderNanos(row)).isEqualTo(model.orders.get(row));
                        assertThat(placement.strayParent(row)).isEqualTo(model.strays.get(row));
                        assertThat(model.documents.get(graph.rowDocument(row)))
                                .isEqualTo("R" + row);
                        assertThat(graph.refs(row)).isEqualTo(model.refs.get(row).size());
                        for (int i = 0; i < graph.refs(row); i++) {
                            RefGraph.Ref ref = model.refs.get(row).get(i);
                            assertThat(graph.ref(row, i)).isEqualTo(ref.ref());
                            assertThat(graph.field(row, i)).contains(ref.field());
                        }
                    }
                });
    }

    @Test
    void saysWhatADocumentIs() {
        Gen.check(
                300,
                random -> {
                    Model model = new Model(random);
                    RefGraph graph = model.read();
                    BitSet documents = some(random, model.documents.size());
                    BitSet leaves = new BitSet();
                    BitSet joints = new BitSet();
                    BitSet rows = new BitSet();
                    graph.locate(documents, leaves, joints);
                    graph.addOwnRows(documents, rows);
                    assertThat(leaves).isEqualTo(chosen(model, documents, 'L'));
                    assertThat(joints).isEqualTo(chosen(model, documents, 'J'));
                    assertThat(rows).isEqualTo(chosen(model, documents, 'R'));
                });
    }

    private static BitSet chosen(Model model, BitSet documents, char kind) {
        BitSet numbers = new BitSet();
        documents.stream()
                .mapToObj(model.documents::get)
                .filter(document -> document.charAt(0) == kind)
                .forEach(document -> numbers.set(Integer.parseInt(document.substring(1))));
        return numbers;
    }

    private static BitSet some(RandomGenerator random, int count) {
        BitSet set = new BitSet();
        for (int i = 0; i < count; i++) {
            set.set(i, random.nextBoolean());
        }
        return set;
    }

    @Test
    void findsTheRowsThatReferToAContent() {
        Gen.check(
                300,
                random -> {
                    Model model = new Model(random);
                    Marks marks =
                            new Marks(
                                    some(random, model.leaves),
                                    new BitSet(),
                                    some(random, model.sequences));
                    Optional<Field> field =
                            random.nextBoolean() ? Optional.empty() : Optional.of(Field.OUTPUT);
                    BitSet expected = new BitSet();
                    for (int row = 0; row < model.refs.size(); row++) {
                        expected.set(
                                row,
                                model.refs.get(row).stream()
                                        .filter(ref ->
                                                field.isEmpty() || ref.field() == field.get())
                                        .anyMatch(ref -> marks.holds(ref.ref())));
                    }
                    assertThat(model.read().rowsReferring(marks, field)).isEqualTo(expected);
                });
    }
}
