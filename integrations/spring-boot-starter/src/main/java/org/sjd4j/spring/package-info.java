/** Images in Spring Boot applications: Spring AI's image model over a model in the same process. */
@NullMarked
package org.sjd4j.spring;

import org.jspecify.annotations.NullMarked;
