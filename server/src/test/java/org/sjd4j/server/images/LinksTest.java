package org.sjd4j.server.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.sjd4j.server.http.ApiException;

class LinksTest {
    @Test
    void anAddressIsGoodForAnHour() {
        var now = new AtomicLong(Long.MAX_VALUE - 5); // clocks may overflow
        var links = new Links(now::get);
        String name = links.add(new byte[] {1, 2}, Encoding.PNG);
        now.addAndGet(Links.LIFE.toNanos());
        assertThat(links.get(name).file()).containsExactly(1, 2);
        assertThat(links.get(name).mediaType()).isEqualTo("image/png");
        now.incrementAndGet();
        assertThatThrownBy(() -> links.get(name))
                .isInstanceOf(ApiException.class)
                .hasMessageContaining("its time is over");
    }

    @Test
    void theOldestMakeRoomForTheNewest() {
        var links = new Links();
        var names = new ArrayList<String>();
        for (int i = 0; i < 20; i++) {
            names.add(links.add(new byte[4 << 20], Encoding.PNG));
        }
        for (int i = 0; i < 20; i++) {
            String name = names.get(i);
            if (i < 4) {
                assertThatThrownBy(() -> links.get(name)).isInstanceOf(ApiException.class);
            } else {
                assertThat(links.get(name).file()).hasSize(4 << 20);
            }
        }
        String larger = links.add(new byte[65 << 20], Encoding.PNG);
        assertThat(links.get(larger).file()).hasSize(65 << 20);
        assertThatThrownBy(() -> links.get(names.getLast())).isInstanceOf(ApiException.class);
    }
}
