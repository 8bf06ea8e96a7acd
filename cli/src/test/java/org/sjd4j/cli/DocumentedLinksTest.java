package org.sjd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.sjd4j.Documents;

/** Every link between the documents leads somewhere. */
class DocumentedLinksTest {
    private static final int AT_LEAST = 40;

    @TestFactory
    List<DynamicTest> everyLinkLeadsSomewhere() {
        return Documents.links().stream()
                .map(link -> DynamicTest.dynamicTest(link.toString(), () -> check(link)))
                .toList();
    }

    private static void check(Documents.Link link) {
        assertThat(link.file()).exists();
        if (!link.anchor().isEmpty()) {
            assertThat(Documents.anchors(link.file())).contains(link.anchor());
        }
    }

    @Test
    void thereAreLinksAndAnchorsInTheDocuments() {
        assertThat(Documents.links())
                .hasSizeGreaterThan(AT_LEAST)
                .anyMatch(link -> !link.anchor().isEmpty())
                .anyMatch(link -> link.place().startsWith("docs/results"));
    }
}
