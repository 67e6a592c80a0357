#include <ui/common/focus_ring.h>
#include <ui/common/icons.h>
#include <ui/common/metrics.h>
#include <ui/common/style.h>
#include <ui/common/theme.h>

#include <QApplication>
#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QDBusVariant>
#include <QFile>
#include <QPointer>
#include <QStandardPaths>
#include <QToolTip>

namespace grove::ui {

namespace {

QPointer<Theme> s_theme; // the application's one theme; child of the QApplication

const QString kPortal = QStringLiteral("org.freedesktop.portal.Desktop");
const QString kPortalPath = QStringLiteral("/org/freedesktop/portal/desktop");
const QString kPortalSettings = QStringLiteral("org.freedesktop.portal.Settings");
const QString kAppearance = QStringLiteral("org.freedesktop.appearance");
const QString kGnomeInterface = QStringLiteral("org.gnome.desktop.interface");

/// Black on white and the reverse have 21; ordinary desktop palettes stay below 20.
constexpr double kHighContrast = 20;

/// Asking a bus that is not there makes libdbus start one: look for its address first.
bool hasSessionBus() {
    return qEnvironmentVariableIsSet("DBUS_SESSION_BUS_ADDRESS") ||
           QFile::exists(QStandardPaths::writableLocation(QStandardPaths::RuntimeLocation) +
                         QStringLiteral("/bus"));
}

bool isDarkPalette(const QPalette& palette) {
    return palette.color(QPalette::Window).lightness() <
           palette.color(QPalette::WindowText).lightness();
}

/// The tokens of a high-contrast desktop, taken from its own palette.
TokenTable tableFrom(const QPalette& palette) {
    TokenTable table = tokenTable(isDarkPalette(palette) ? Scheme::Dark : Scheme::Light);
    const auto set = [&table](Token token, const QColor& color) {
        table[std::size_t(token)] = color.rgb();
    };
    const QColor window = palette.color(QPalette::Window);
    const QColor text = palette.color(QPalette::WindowText);
    for (const Token ground : {Token::Background, Token::Raised, Token::Hover, Token::SuccessWash,
                               Token::DangerWash, Token::WarningWash, Token::InfoWash})
        set(ground, window);
    set(Token::Surface, palette.color(QPalette::Base));
    for (const Token line : {Token::Border, Token::Edge, Token::Control, Token::Text, Token::Muted})
        set(line, text);
    return table;
}

QVariant unwrapped(const QVariant& value) {
    QVariant inner = value;
    while (inner.canConvert<QDBusVariant>())
        inner = inner.value<QDBusVariant>().variant();
    return inner;
}

} // namespace

Theme& Theme::install(QApplication& application, ThemeMode mode) {
    Q_ASSERT(!s_theme);
    s_theme = new Theme(application, mode);
    return *s_theme;
}

Theme& Theme::instance() {
    Q_ASSERT(s_theme);
    return *s_theme;
}

Theme::Theme(QApplication& application, ThemeMode mode)
    : QObject(&application), m_application(application), m_desktopPalette(application.palette()),
      m_mode(mode), m_table(tokenTable(Scheme::Light)) {
    m_desktopScheme = isDarkPalette(m_desktopPalette) ? Scheme::Dark : Scheme::Light;
    m_highContrast =
        contrastRatio(m_desktopPalette.color(QPalette::Window).rgb(),
                      m_desktopPalette.color(QPalette::WindowText).rgb()) > kHighContrast;
    application.setFont(applicationFontFrom(application.font()));
    updateMetrics(application.font());
    s_theme = this; // the style asks for colours while it is set
    application.setStyle(new GroveStyle);
    apply();
    new FocusRing(this);
    if (hasSessionBus()) {
        QDBusConnection::sessionBus().connect(kPortal, kPortalPath, kPortalSettings,
                                              QStringLiteral("SettingChanged"), this,
                                              SLOT(portalSettingChanged(QString, QString)));
        readDesktop();
    }
}

void Theme::setMode(ThemeMode mode) {
    if (m_mode == mode)
        return;
    m_mode = mode;
    apply();
}

void Theme::portalSettingChanged(const QString& group, const QString& key) {
    if (group == kAppearance ||
        (group == kGnomeInterface && key == QLatin1String("enable-animations")))
        readDesktop();
}

void Theme::readDesktop() {
    const auto ask = [this](const QString& group, const QString& key, auto&& take) {
        QDBusMessage call = QDBusMessage::createMethodCall(kPortal, kPortalPath, kPortalSettings,
                                                           QStringLiteral("Read"));
        call << group << key;
        auto* watcher =
            new QDBusPendingCallWatcher(QDBusConnection::sessionBus().asyncCall(call, 2000), this);
        connect(watcher, &QDBusPendingCallWatcher::finished, this, [take, watcher] {
            const QDBusPendingReply<QDBusVariant> reply = *watcher;
            if (reply.isValid())
                take(unwrapped(QVariant::fromValue(reply.value())));
            watcher->deleteLater();
        });
    };
    // 0 no preference, 1 dark, 2 light.
    ask(kAppearance, QStringLiteral("color-scheme"), [this](const QVariant& value) {
        const Scheme before = m_desktopScheme;
        if (value.toUInt() == 1)
            m_desktopScheme = Scheme::Dark;
        else if (value.toUInt() == 2)
            m_desktopScheme = Scheme::Light;
        if (before != m_desktopScheme)
            apply();
    });
    ask(kGnomeInterface, QStringLiteral("enable-animations"),
        [this](const QVariant& value) { m_reducedMotion = !value.toBool(); });
}

void Theme::apply() {
    m_scheme = m_mode == ThemeMode::Desktop ? m_desktopScheme
               : m_mode == ThemeMode::Dark  ? Scheme::Dark
                                            : Scheme::Light;
    const bool keepDesktop = m_highContrast && m_mode == ThemeMode::Desktop;
    m_table = keepDesktop ? tableFrom(m_desktopPalette) : tokenTable(m_scheme);
    clearIconCache();
    const QPalette palette = keepDesktop ? m_desktopPalette : paletteFrom(m_table);
    m_application.setPalette(palette);
    QToolTip::setPalette(palette);
    emit changed();
}

} // namespace grove::ui
