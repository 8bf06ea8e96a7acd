package org.sjd4j.training.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

class ConceptSelectionTest {
    @Test
    void readsNamesIconsAndExceptions() {
        var concepts = ConceptSelection.parse("""
                # fruit
                red apple

                corn = ear-of-corn | maize, sweet corn
                fox = emojione:fox-face, noto-v1:old-fox - twemoji - fluent
                """).concepts();

        assertThat(concepts).extracting(ConceptSelection.Concept::name).containsExactly("red apple", "corn", "fox");
        assertThat(concepts.get(0).icon(EmojiStyle.NOTO)).contains("red-apple");
        assertThat(concepts.get(1).icon(EmojiStyle.NOTO)).contains("ear-of-corn");
        assertThat(concepts.get(2).icon(EmojiStyle.NOTO)).contains("fox");
        assertThat(concepts.get(2).icon(EmojiStyle.EMOJIONE)).contains("fox-face");
        assertThat(concepts.get(2).icon(EmojiStyle.NOTO_V1)).contains("old-fox");
        assertThat(concepts.get(2).icon(EmojiStyle.TWEMOJI)).isEmpty();
        assertThat(concepts.get(2).icon(EmojiStyle.FLUENT)).isEmpty();
        assertThat(concepts)
                .extracting(ConceptSelection.Concept::names)
                .containsExactly(List.of("red apple"), List.of("corn", "maize", "sweet corn"), List.of("fox"));
    }

    @Test
    void namesTheLineThatIsWrong() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ConceptSelection.parse("red apple\nRed Apple"))
                .withMessage("line 2: a concept is named by lower case words, but here stands 'Red Apple'");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ConceptSelection.parse("fox - openmoji"))
                .withMessageContaining("line 1: no emoji style is called 'openmoji'");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ConceptSelection.parse("fox = the fox"))
                .withMessageContaining("line 1: an icon has a name such as red-apple, but here stands 'the fox'");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ConceptSelection.parse("fox\nfox"))
                .withMessageContaining("'fox' is listed twice");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ConceptSelection.parse("# nothing"))
                .withMessageContaining("at least one concept");
    }
}
