package org.sjd4j.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is expected is what the official function gives, with Beautiful Soup 4.15 and ftfy 6.3. */
class CaptionCleanerTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', textBlock = """
                    A Red CAT                                        | a red cat
                    a cat https://example.com/a/b?c=d                | a cat ?c=d
                    see www.shop.co.uk/cats now                      | see . uk cats now
                    cat by me@mail.org                               | cat by me
                    cat by @Nick_Name, 2020                          | cat by , 2020
                    <b>bold</b> cat <img src='x.png'>                | bold cat
                    <person> with a cat                              | person with a cat
                    a < b <3                                         | a < b <3
                    <!-- c -->a<script>var x</script> cat            | a cat
                    caf&eacute; &#8212; tea &amp; cake               | café - tea cake
                    black &amp;quot;cat&amp;quot;                    | black cat
                    &unknown; cat                                    | unknown cat
                    a cat 漢字 カタカナ                                    | a cat カタカナ
                    cat — dog – bird                                 | cat - dog - bird
                    «cat» and “dog”                                  | cat" and "dog
                    ‘it’s’ a cat                                     | it's' a cat
                    server 192.168.0.1 rack                          | server rack
                    cat\\nmat                                         | cat mat
                    cat #123 and #12345 and #1234                    | cat and and 1234
                    cat 1234567                                      | cat
                    holiday_picture.jpg of a cat                     | of a cat
                    \"""SALE\""" cat                                   | "sale" cat
                    cat...mat                                        | cat mat
                    cat . mat                                        | cat mat
                    ***cat*** (c) [d] {e}                            | cat c d e
                    this-is-my-cute-cat                              | this is my cute cat
                    a this_is_my_cat                                 | a this_is_my_cat
                    red-and-white cat                                | red-and-white cat
                    mug jc6640 blue                                  | mug blue
                    mug jc6640vc blue                                | mug blue
                    mug 6640vc231 blue                               | mug blue
                    mug j2d1a2a blue                                 | mug blue
                    mug, worldwide free shipping                     | mug,
                    free download wallpaper                          | wallpaper
                    click for more cats                              | cats
                    png images of cats                               | of cats
                    cats, page 12                                    | cats,
                    print 30x40 cat                                  | print cat
                    print 3.5×4 cat                                  | print cat
                    cat : mat                                        | cat: mat
                    cat,mat.sat                                      | cat, mat. sat
                    3.5 cats                                         | 3.5 cats
                    a%20cat+and%20caf%C3%A9                          | a cat and café
                    100% cotton                                      | 100% cotton
                    ﬁre ﬂy                                           | fire fly
                    ＦＵＬＬ　ｗｉｄｔｈ cat                                   | full width cat
                    "a red cat"                                      | a red cat
                    -cat-                                            | cat
                    .cat                                             |
                    cat™ & dog®                                      | cat dog
                    oil painting: a cat;                             | oil painting: a cat;
                    😀 cat                                            | 😀 cat
                    """)
    void captionsLoseWhatSaysNothingOfTheImage(String caption, String expected) {
        assertThat(CaptionCleaner.clean(caption)).isEqualTo(expected == null ? "" : expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"a photo of a red cat sitting on the mat.", "an astronaut riding a horse, oil painting", ""})
    void plainCaptionsStay(String caption) {
        assertThat(CaptionCleaner.clean(caption)).isEqualTo(caption);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', textBlock = """
                    one<br>two                                       | onetwo
                    a &check; and a &#150; sign                      | a ✓ and a - sign
                    <td>a cat</td> <table>in a box</table>           | a cat in a box
                    <style>b {}</style>a <a href="x>y">cat</a>       | a cat
                    a heart <three and a cat                         | a heart <three and a cat
                    at&t cat                                         | at t cat
                    """)
    void captionsAreReadAsHtml(String caption, String expected) {
        assertThat(CaptionCleaner.clean(caption)).isEqualTo(expected);
    }
}
