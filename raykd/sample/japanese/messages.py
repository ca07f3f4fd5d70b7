"""Japanese chat messages of customers to a company's service desk, and their like in a translator's words."""

from raykd.sample.language import MessagePatterns, from_constants
from raykd.sample.templates import lines, words

SECTORS = {
    "retail": {
        "product": words(
            "電気ケトル | トースター | デスクライト | 冬物コート | ランニングシューズ | ラグ | ミキサー"
            " | ソファベッド | パーカー | リュック | 炊飯器 | ガーデンチェア | イヤホン | ジグソーパズル"
            " | ヨガマット"
        ),
        "service": words("店舗受取 | 翌日配送 | ギフトカード | ポイント | 組立サービス | 定期便"),
        "problem": words(
            "サイズ違いで届いた | ネジが足りない | へこんだ状態で届いた | まだ届かない | プラスチック臭い"
            " | {few}日で壊れた | 写真と色が違う | 雨ざらしで置かれていた"
        ),
        "task": words(
            "{product}を返品する | {product}を大きいサイズに交換する | 届け先を変更する"
            " | {product}の返金を受ける | {service}を使う | 荷物を追跡する | 注文に{product}を追加する"
        ),
        "detail": words("{few}号サイズ | 青い方 | グレーの方 | Lサイズ | 木目調 | 注文番号{order} | 2個"),
    },
    "telecommunications": {
        "product": words(
            "ルーター | SIMカード | データプラン | 光回線 | スマホ本体 | 固定電話 | ホットスポット"
            " | 海外ローミング | チューナー | プリペイドカード | eSIM | 中継機"
        ),
        "service": words("番号移行 | 留守番電話 | 転送電話 | 5Gオプション | 家族割 | 紙の請求書"),
        "problem": words(
            "何度も切れる | 赤いランプがつく | {day}から圏外になる | とても遅い | 二重に開通している"
            " | データをすぐ使い切る | 圏外と表示される | {few}分おきに再起動する"
        ),
        "task": words(
            "電話番号を移行する | {product}を解約する | {product}を開通させる | SIMロックを解除する"
            " | {product}を引っ越し先に移す | {service}を止める | {product}を上位プランに変える"
        ),
        "detail": words("番号は555-01{two} | 暗証番号は0000 | 台所の方 | プリペイド | {few}ギガの方 | SIMのみ"),
    },
    "finance": {
        "product": words(
            "クレジットカード | 普通預金口座 | 自動車ローン | デビットカード | カードローン | 住宅ローン"
            " | 定期預金 | 自動振込 | 口座振替 | 海外用カード | 火災保険"
        ),
        "service": words("ネットバンキング | タッチ決済 | カードリーダー | 電子マネー | 外貨両替 | 利用明細"),
        "problem": words(
            "レジで使えない | 二重に請求された | 手数料が{amount}になっている | 海外で止められた"
            " | ずっと処理中のまま | 勝手に引き落とされた | 期限が切れていた | 名前が間違っている"
        ),
        "task": words(
            "{product}を止める | {product}の限度額を上げる | {product}を解約する"
            " | {amount}の請求に異議を申し立てる | {product}を再発行する | {service}を設定する"
            " | {product}を繰り上げ返済する"
        ),
        "detail": words("末尾00{two} | {amount} | 共有の方 | 普通 | 下4桁は00{two} | 今確認中"),
    },
    "airline": {
        "product": words(
            "{city}行きの便 | 搭乗券 | 窓側の席 | 預け荷物 | 座席アップグレード | 往復航空券"
            " | 機内持ち込み荷物 | ラウンジ券 | {city}での乗り継ぎ | 予約 | ベジタリアンミール"
        ),
        "service": words("優先搭乗 | オンラインチェックイン | マイル | 座席指定 | ペット同伴 | 運賃ロック"),
        "problem": words(
            "欠航になった | {few}時間遅れている | 荷物受取所に出てこない | 日付が間違っている"
            " | 他の人に渡された | アプリに出てこない | 満席だと言われた | 車輪が取れていた"
        ),
        "task": words(
            "{product}を振り替える | {product}を追加する | {product}をキャンセルする | {product}を払い戻す"
            " | 予約の名前を変更する | {service}を登録する | 座席を選ぶ"
        ),
        "detail": words("大人2名 | {few}列目 | 予約番号ABC0{two} | 通路側 | {day}発 | {city}発 | エコノミー"),
    },
}

BRANDS = {
    "retail": words("ノルヴィク | カセラ | プラムアンドパイン | タヴォロ | アーデント | ヘムリン"),
    "telecommunications": words("テロラ | ウェーブリンク | ジップコム | オンダ | フォニクス | ブライトネット"),
    "finance": words("メリディアン銀行 | コインウェル | アルタス | ペニーファースト | ソルヴァ | ハーバー信託"),
    "airline": words("スカイラーク航空 | アエローナ | ブルーフィン航空 | コンディラ | トレードウィンド | ポラロ"),
}

WORDS = {
    "day": words("月曜 | 火曜 | 水曜 | 木曜 | 金曜 | 土曜 | 日曜 | 昨日 | 先週"),
    "few": words("2 | 3 | 4 | 5 | 6 | 10 | 12"),
    "two": words("10 | 17 | 23 | 42 | 48 | 55 | 61 | 79 | 86 | 94"),
    "order": words("000-{two}{two} | 99-{two}-00"),
    "amount": words("1980円 | 4500円 | 1250円 | 2万円 | 700円 | 8900円 | 1{two}0円"),
    "city": words("リスボン | 那覇 | 札幌 | オスロ | リマ | 福岡 | ナイロビ | 高松 | パース | ケベック"),
    "person": words("妻 | 息子 | 母 | 担当の方 | 店員さん | 隣の人 | 上司"),
    "name": words("山田例子 | 見本太郎 | 例野花子 | 試験一郎 | 田中サンプル"),
}

KINDS = {
    "request": lines("""
        {task}方法でお願いします
        {task}手続きをお願いします
        至急{task}ようにして
        {task}必要があるんですが
        {task}ことってできますか
        {task}つもりがサイトでできなくて
        {person}に、そちらで{task}ことができると聞きました
        {service}で{task}のは可能でしょうか
        {day}までに{task}ようお願いできますか、{person}が使うので
        {product}の返金お願いします
        新しい{product}をお願いします。前のは{problem}ので
        {service}に申し込みます
        {service}は外してください
        {task}件で連絡しました
    """),
    "question": lines("""
        {task}にはどうすればいいですか
        {task}のにどのくらいかかりますか?
        {product}に{service}は付いてますか
        {product}はおいくらですか
        {product}はいつ届きますか?
        {brand}の{product}は在庫ありますか
        {service}は{day}も使えますか
        {product}はどこで見られますか
        {product}の件どうなりましたか
        {task}と手数料かかります?
        {person}も{product}を使えますか
        なんで{service}に{amount}払うんでしょう
    """),
    "complaint": lines("""
        {product}が{problem}
        {brand}の{product}が{problem}んですけど、{detail}です
        {day}に買った{product}が{problem}
        {day}から{service}が使えません
        まだ{product}待ってるんですが
        {problem}んです
        {product}が{problem}の、これで3回目です!
        {person}が受け取ったら{problem}
        {product}が{problem}のに電話も繋がらない
        {service}が役に立たない。{product}は{problem}し
        また{product}…{problem}
    """),
    "dispute": lines("""
        {product}は頼んでいません
        {service}で{amount}引かれてますが申し込んでいません
        請求は{amount}だけど{person}は無料と言ってました
        {day}に{amount}が2回請求されています
        話が違います、{service}は無料のはず
        {product}は{day}に返送済みです
        {product}に{amount}はおかしい
        {amount}は払いません
    """),
    "greeting": lines("""
        こんにちは
        はじめまして
        おはようございます
        {brand}さん、こんにちは
        {name}と申します
        お世話になります、{person}に聞いて連絡しました
        何度もすみません
        どなたかいますか?
        こんばんは、{brand}を{few}年使っている者です
        そちらの{product}を持っています
    """),
    "thanks": lines("""
        ありがとう
        ありがとうございました
        助かりました
        完璧です、{person}も喜びます
        どうも、良い{day}を
        {product}の件、ありがとうございます
        よかった、{product}はもう大丈夫です
        {service}については以上です
        はい、失礼します
        {product}の件とても助かりました
    """),
    "slot": lines("""
        {detail}
        {detail}です
        はい、{detail}
        {detail}でお願いします
        {product}、{detail}
        {brand}の方、{detail}
        名前は{name}です
        {name}、{detail}
        {day}に買いました
        {amount}です
        注文番号は{order}
        {person}の分です
        メールは{order}@example.comです
        いえ、{product}です
        {service}で{amount}払いました
        {day}からです
        {day}の{product}です
        はい、{service}はもう試しました
        アプリで{task}ところまでやりました
    """),
    "acknowledgement": lines("""
        はい
        いいえ
        了解です
        わかりました
        そうです
        少々お待ちください
        待ってますね
        {product}を確認します
        今{product}を見ています
        できました
        では{day}ですね
        {service}が出てきました
        はい、それでお願いします
        大丈夫です
        {few}分ですね
    """),
    "chat": lines("""
        笑
        今日は混んでますか?
        {brand}の{product}、気に入ってます
        {city}の天気はどうですか?
        ロボットですか?
        {person}も同じ{product}で満足してます
        {brand}は{few}年使ってるけど問題なかったです
        急ぎません、{person}とテレビ見てるので
        今週は{city}にいるのでこちらは夜です
        {product}は{person}からもらいました
        {person}も同じこと言ってました笑
        {brand}にはいつもお世話になってます
    """),
    "ambiguous": lines("""
        {product}
        {service}
        {service}お願いします
        {brand}の{product}
        {product}の件です
        {product}と{service}
        {product}、{detail}で
        {day}に届いた{product}
        {product}を持ってます、{detail}
        {person}用の{brand}の{product}
        {person}も{service}です
        {amount}だったと思います
        {detail}がいいです
        {product}は見えますか?
        アプリには{amount}と出てます
        {day}に{person}と{product}の話をしました
        {service}、{amount}
        {product}じゃなくて{service}
        {order}と出ます
        {product}が見つかりません
    """),
}

TRANSLATED = {
    "request": lines("""
        私は{task}ことを希望します。
        私のために{task}ことをしていただけますか。
        どうか{task}ことを助けてください。{person}がそれを{day}までに必要としています。
        私は{person}によって、あなたが{task}ことができると言われました。
        {product}の返金をお願いいたします。
        それは{problem}ので、私は新しい{product}を必要としています。
        私を{service}に登録してください。
    """),
    "question": lines("""
        どのようにして私は{task}のですか?
        {task}にはどれくらいの時間がかかりますか?
        {service}は{product}に含まれていますか?
        {product}の費用はいくらですか?
        私の{product}はいつここに到着しますか?
        なぜ私は{service}のために{amount}を支払うのですか?
    """),
    "complaint": lines("""
        私の{product}は{problem}のです。
        私が{day}に購入した{product}が{problem}のです。
        {service}は{day}以来、機能していません。
        私はまだ{product}を待っています。
        {person}が{product}を受け取りましたが、それは{problem}のです。
    """),
    "dispute": lines("""
        私は{product}を注文しませんでした。
        あなた方は{service}のために{amount}を取りましたが、私は契約していません。
        請求書には{amount}とありますが、{person}はそれが無料であると言いました。
        私は{day}に{amount}を二度請求されました。
        私は{amount}を支払うことを拒否します。
    """),
    "greeting": lines("""
        こんにちは、そちらの皆さん。
        こんにちは、こちらは{name}です。
        私は{few}年間{brand}の顧客です。
        {person}が私にあなたとチャットするように言いました。
        私はあなた方の{product}を持っています。
    """),
    "thanks": lines("""
        どうもありがとうございました。
        完璧です。{person}は喜ぶでしょう。
        {product}を解決してくれてありがとう。
        あなたは{product}について大いに私を助けてくれました。
        ありがとう、それが{service}についての全てです。
    """),
    "slot": lines("""
        それは{detail}です。
        はい、{detail}をお願いします。
        私の名前は{name}です。
        私はそれを{day}に購入しました。
        それは{person}のためのものです。
        私は{service}で{amount}を支払いました。
        いいえ、{product}です。
        はい、私は既に{service}を試しました。
        注文番号は{order}です。
    """),
    "acknowledgement": lines("""
        はい、それは正しいです。
        一瞬お待ちください。
        わかりました、私は待ちます。
        私に{product}を確認させてください。
        私は今{product}を見ています。
        はい、私はそれが欲しいです。
        問題ありません、{few}分ですね。
    """),
    "chat": lines("""
        ところで、私は{brand}の{product}が大好きです。
        {city}の天気はどうですか?
        あなたはボットですか?
        {person}は同じ{product}を持っていて幸せです。
        {product}は{person}からの贈り物でした。
        急いでいません、{person}とテレビを見ています。
    """),
    "ambiguous": lines("""
        それは私の{product}についてです。
        {product}と{service}です。
        私は{product}を持っています、{detail}です。
        私はそれが{amount}だったと思います。
        あなたは{product}を見ることができますか?
        アプリは{amount}と言っています。
        私は{day}に{product}について{person}と話しました。
        私は{product}を見つけることができません。
    """),
}

OPENINGS = words(
    "すみません、 | こんにちは、 | あの、 | えっと、 | はい、 | ありがとうございます、 | それで、"
    " | お世話になります。 | おはようございます。 | いえ、 | {brand}さん、 | {name}です。 | ちなみに、"
    " | なるほど、 | では、"
)
CLOSINGS = words(
    "。ありがとう | 。よろしくです | 、できれば | 、{person}の分 | 。さっきも言いましたが | 笑 | 。すみません"
    " | 。{name} | 。{brand}は{few}年使ってます | 、至急 | 。{day}に{person}も言ってました"
)

MESSAGES = from_constants(MessagePatterns, globals())
