package org.sjd4j.spring;

/** A property {@code sjd4j.*} makes no sense here, so that the application cannot start, or a model that is loaded later cannot be used. */
public final class Sjd4jConfigurationException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String property;

    Sjd4jConfigurationException(String property, String message, Throwable cause) {
        super(property + ": " + message.lines().findFirst().orElse(""), cause);
        this.property = property;
    }

    /** The name of the property, such as {@code sjd4j.model}. */
    public String property() {
        return property;
    }
}
