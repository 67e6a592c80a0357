#include <ui/common/icons.h>

#include <QCache>
#include <QDir>
#include <QFile>
#include <QIconEngine>
#include <QPainter>
#include <QPixmap>
#include <QSvgRenderer>

namespace grove::ui {

namespace {

/// Rendered icons by "name|device pixels|colour".
QCache<QString, QPixmap>& cache() {
    static QCache<QString, QPixmap> s_cache(512);
    return s_cache;
}

QByteArray svgOf(const QString& name) {
    QFile file(QStringLiteral(":/icons/%1.svg").arg(name));
    const bool opened = file.open(QIODevice::ReadOnly);
    Q_ASSERT_X(opened, "icon", qPrintable(name));
    return opened ? file.readAll() : QByteArray();
}

QPixmap rendered(const QString& name, QSize devicePixels, const QColor& color) {
    const QString key = QStringLiteral("%1|%2x%3|%4")
                            .arg(name)
                            .arg(devicePixels.width())
                            .arg(devicePixels.height())
                            .arg(color.rgba());
    if (const QPixmap* found = cache().object(key))
        return *found;
    QSvgRenderer renderer(svgOf(name).replace("currentColor", color.name().toLatin1()));
    QPixmap pixmap(devicePixels);
    pixmap.fill(Qt::transparent);
    {
        QPainter painter(&pixmap);
        const qreal side = std::min(devicePixels.width(), devicePixels.height());
        renderer.render(&painter, QRectF((devicePixels.width() - side) / 2,
                                         (devicePixels.height() - side) / 2, side, side));
    }
    cache().insert(key, new QPixmap(pixmap));
    return pixmap;
}

class TokenIconEngine final : public QIconEngine {
public:
    TokenIconEngine(QString name, Token token) : m_name(std::move(name)), m_token(token) {}

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode,
               QIcon::State state) override {
        const qreal ratio = painter->device() ? painter->device()->devicePixelRatioF() : 1;
        painter->drawPixmap(rect, scaledPixmap(rect.size() * ratio, mode, state, ratio));
    }
    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override {
        return scaledPixmap(size, mode, state, 1);
    }
    /// `size` is in device pixels already.
    QPixmap scaledPixmap(const QSize& size, QIcon::Mode mode, QIcon::State state,
                         qreal scale) override {
        Token token = state == QIcon::On ? Token::Accent : m_token;
        if (mode == QIcon::Disabled)
            token = Token::Disabled;
        QPixmap pixmap = rendered(m_name, size, color(token));
        pixmap.setDevicePixelRatio(scale);
        return pixmap;
    }
    QIconEngine* clone() const override { return new TokenIconEngine(m_name, m_token); }
    QString key() const override { return QStringLiteral("grove"); }
    QString iconName() override { return m_name; }
    bool isNull() override { return false; }

private:
    QString m_name;
    Token m_token;
};

} // namespace

QIcon icon(const char* name, Token token) {
    return QIcon(new TokenIconEngine(QString::fromLatin1(name), token));
}

QStringList iconNames() {
    QStringList names;
    for (const QString& file : QDir(QStringLiteral(":/icons")).entryList({QStringLiteral("*.svg")}))
        names.append(file.chopped(4));
    return names;
}

void paintIcon(QPainter& painter, const QRectF& box, const char* name, const QColor& color) {
    const qreal ratio = painter.device() ? painter.device()->devicePixelRatioF() : 1;
    QPixmap pixmap = rendered(QString::fromLatin1(name), (box.size() * ratio).toSize(), color);
    pixmap.setDevicePixelRatio(ratio);
    painter.drawPixmap(box.topLeft(), pixmap);
}

void clearIconCache() {
    cache().clear();
}

} // namespace grove::ui
