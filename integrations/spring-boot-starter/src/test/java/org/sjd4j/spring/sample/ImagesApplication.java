package org.sjd4j.spring.sample;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** The sample application. */
@SpringBootApplication
public class ImagesApplication {
    static void main(String[] arguments) {
        SpringApplication.run(ImagesApplication.class, arguments);
    }
}
