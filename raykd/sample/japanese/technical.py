"""Japanese questions and answers about programming."""

from raykd.sample.japanese.phrases import PHRASES
from raykd.sample.language import TechnicalPatterns, from_constants
from raykd.sample.templates import lines, words

TERMS = {
    "the JDK": "JDK",
    "the TPL": "TPL",
    "the STL": "STL",
    "the SDK": "SDK",
    "the browser": "ブラウザ",
    "the emulator": "エミュレータ",
    "the support library": "サポートライブラリ",
    "the Simulator": "シミュレータ",
    "the W3C validator": "W3Cの検証サービス",
    "the canvas": "キャンバス",
    "the console": "コンソール",
    "the debugger": "デバッガ",
    "the profiler": "プロファイラ",
    "the scheduler": "スケジューラ",
    "a thread pool": "スレッドプール",
    "the compiler": "コンパイラ",
    "the IDE": "統合開発環境",
    "the interpreter": "インタプリタ",
    "the documentation": "公式ドキュメント",
    "the proxy": "プロキシ",
    "the framework": "フレームワーク",
    "the design pattern": "デザインパターン",
    "the API": "API",
    "the app": "アプリ",
    "the page": "ページ",
    "the website": "サイト",
    "blank screen": "真っ白な画面",
    "nothing in the log": "ログなし",
    "not responding": "応答なし",
    "file not found": "ファイルが見つかりません",
    "access denied": "アクセスが拒否されました",
    "timeout expired": "タイムアウトしました",
}

WORDS = {
    "when": words(
        "ボタンを押すと | 2回目の呼び出しで | 初回の実行時に | アップデートした後 | リリースビルドだと"
        " | サーバー上では | 別スレッドから呼ぶと | Windows 7では | ターミナルから実行すると | 同僚のPCだと"
        " | データが多いと | 本番環境だけ | {few}分おきに | {few}時間ほど経つと | デバッガで動かすと"
        " | プロキシ経由だと | 同時に{few}人が使うと | 古い端末で | 初期設定のまま動かすと | 起動直後に"
    ),
    "few": words("2 | 3 | 5 | 10 | 12 | 20 | 30"),
    "sure": words("実際 | なぜか | いつも | 突然 | たまに | どうやら | もちろん | 結局"),
    "work": words("業務システム | 課題 | 小さなツール | 個人開発のアプリ | 古いシステム | 試作品 | 卒業研究"),
    "people": words("上司 | 同僚 | 顧客 | テスト担当者 | 先生 | お客様 | 友人"),
    "software": words(
        "通販サイト | ゲーム | 予約システム | チャット | 電卓 | 帳票 | 管理画面 | エディタ | データ取り込み"
    ),
    "piece": words(
        "クラス | 関数 | ストリング | フロート | オブジェクト | シェル | フォーム | コード | プラグイン | ドライバー"
    ),
}

TITLES = lines("""
    {goal}方法を教えてください
    {library}で{goal}方法
    {when}{goal}には?
    {error}
    {when}{error}
    {call}を使うと{symptom}
    {when}{symptom}のはなぜ?
    {when}{symptom}
    {library}で{goal}にはどうすればいいですか
    {library}の{thing}について
    {goal}ための良い方法はありますか
    {software}で{goal}には
    {when}{call}が動かない
    {call}で{goal}
    {thing}と{thing}で{symptom}
    {library}なしで{goal}ことは可能ですか
    {symptom}問題を解決したい
    {call}と{call}の違いは?
    {thing}の挙動がおかしい
    {software}が動きません
    {goal}ことができず{symptom}
    {when}{thing}が動かなくなった
""")

OPENINGS = lines("""
    {goal}処理を書いています。
    {people}に頼まれた{work}で、{goal}{software}を作っています。
    {goal}つもりなのですが、{symptom}状態です。
    {software}の中で{goal}必要があります。
    自分の{thing}と{software}の{thing}を連携させたいです。
    {library}を使って{goal}必要があります。
    {software}で{library}を{few}か月前から使っています。
    {work}で、{when}{goal}ことになりました。
    {people}に{goal}よう言われましたが、手がかりがありません。
    {goal}はずの{thing}があります。
    {library}と{library}で{software}を開発しています。
    現在は{call}を使って{goal}ようにしています。
    この{thing}にもう{few}時間も悩んでいます。
    {work}では{software}ごとに{thing}が一つあります。
    {thing}の中に別の{thing}がある構成です。
    {software}を作っていて、{thing}で詰まっています。
""")

ATTEMPTS = lines("""
    {call}を試しましたが、{symptom}だけでした。
    {call}と{call}は試しましたが駄目でした。
    {call}を{call}に変えたら悪化しました。
    [{library}のマニュアル]には{call}でよいと書いてあります。
    {goal}ために[こちらの記事]を参考にしました。
    [この回答]によると、{call}の前に{thing}を用意するそうです。
    {library}なら{goal}ことができますが、{people}に止められています。
    デバッグすると{call}には正しい{thing}が渡っていました。
    {call}を外すと{symptom}ようになります。
    {few}日ほど調べましたが、{library}しか見つかりません。
    {call}の手前で止めて{thing}の中身を見ました。
    {library}で{goal}ことは可能だと聞きました。
    {thing}を手で設定しても変わりません。
    最初は{call}で{goal}つもりでした。
    {thing}は何度も見直しました。
    再起動とキャッシュの削除はしました。
""")

FAILURES = lines("""
    しかし{when}{symptom}のです。
    問題は{symptom}ことです。
    {error}というエラーが出ます。
    {when}次のエラーになります。{error}
    {when}{error}が発生します。
    {sure}{when}{error}で失敗します。
    {when}{symptom}ようになりました。
    手元では動くのですが、{when}{symptom}ことがあります。
    ログには{error}としか出ていません。
    エラーは出ませんが、{symptom}のです。
    {symptom}現象の後、しばらくすると{error}と表示されます。
    {sure}{symptom}ので困っています。
    {when}{sure}{thing}が無視されます。
    {call}までは問題なく、その後{symptom}のです。
    {when}何も起こりません。
    {when}出力がおかしくなります。
""")

REMARKS = lines("""
    始めたばかりの初心者です。
    {few}週間前までは動いていました。
    この{piece}は{people}が書いたもので変更できません。
    {people}は{piece}のバグだと言っています。
    {people}のものなので{piece}を全部は載せられません。
    初めて質問します。
    説明が下手ですみません。
    手元はWindows、サーバーはLinuxです。
    {when}だけ起きて、それ以外では起きません。
    ターミナルを開いて起動し、{few}秒待ちます。
    この{software}の利用者は{few}千人ほどです。
    {work}で使うだけです。
    そのために別のライブラリは入れたくありません。
    スレッドは{when}動きますが、他は関係ないと思います。
    {piece}にはフロートとストリングを渡しています。
    追記: {sure}{when}も起きました。
    追記: {people}が{when}試しても同じでした。
    仕様なのかバグなのか分かりません。
    {piece}の元データはオラクルに入っています。
    最新版で、他には何も入れていないはずです。
    ウィンドウもシェルも一度閉じました。
""")

QUESTIONS = lines("""
    何が間違っているのでしょうか?
    {goal}にはどうすればよいでしょうか?
    {call}を使わずに{goal}方法はありますか?
    なぜ{symptom}のでしょうか?
    {library}は対応していますか?
    {goal}正しいやり方を教えてください。
    {call}と{call}のどちらを使うべきですか?
    {when}{symptom}原因が分かる方はいませんか?
    ここでの{thing}の役割を説明していただけますか?
    これは{library}の既知のバグですか?
    {thing}はどこに書けばよいですか?
    {when}もっと良い解決策はありませんか?
    ヒントだけでもいただけないでしょうか?
    皆さんの{software}ではどうしていますか?
""")

CLOSINGS = lines("""
    よろしくお願いします。
    ご教示いただけると助かります。
    ありがとうございます。
    長文失礼しました。
    {people}が急いでいるので助けてください。
    アドバイスをお願いします。
    以上です。
""")

NAMING = lines("""
    {name}は初心者です。
    {name}で書いた{software}です。
    {name}だけで解決したいです。
    {name}を始めて{few}か月になります。
    {name}ではこれが普通なのでしょうか。
    {name}は久しぶりです。
    環境は{name}です。パイソンやジャワのような他の言語は使えません。
""")

MENTIONS = lines("""
    {other}では簡単でした。
    {other}なら1行で書けます。
    {other}では同じことが問題なくできました。
    {people}には{other}を使えと言われました。
    {software}の残りは{other}で書いてあります。
    普段は{other}です。ジャワとかパイソンとか、名前しか知りません。
""")

ITEMS = lines("""
    {goal}
    先に{thing}を作る
    {call}を呼ぶ
    {symptom}
    {library}は導入済み
    {software}を開く
    {few}秒待つ
    {when}{thing}を確認する
""")

CODE_LEADS = lines("""
    コードは以下の通りです。
    今のところこうなっています。
    該当箇所です。
    {thing}はこう書いています。
    {thing}のコードです。
    次のように呼んでいます。
    問題の{piece}です。
""")

ADVICE = lines("""
    ここで必要なのは{call}ではなく{call}です。
    代わりに{call}を使ってください。
    {call}が動く前に{thing}が作られるのが原因です。
    {thing}は問題なく、{call}の方が悪いです。
    それは{library}がやってくれます。[ドキュメント]を見てください。
    {goal}には、まず{thing}を設定します。
    {error}は、{call}に渡した{thing}が違うという意味です。
    {symptom}ときは、まず{thing}を疑いましょう。
    {call}を{piece}の外に出してください。
    {call}は新しい{thing}を返し、元のものは変えません。
    {library}は{software}ごとに{thing}を一つ持つ仕様です。
    {when}次を試してください。
    古い{library}では{symptom}不具合がありましたが、{few}か月前に直りました。
    {library}なら標準で{goal}ことができます。
    自分も{when}同じ目に遭い、{call}で直りました。
    {thing}をスレッド間で共有しないでください。
    使う前に{piece}がnullでないか確認しましょう。
    先に{goal}ようにして、それから{call}を呼びます。
""")

VERDICTS = lines("""
    参考になれば幸いです。
    これで動くはずです。
    手元では{when}動きました。
    [こちらの質問]も見てください。
    {call}を忘れると{symptom}ので注意してください。
    {library}で確認しました。
    {when}まだ失敗するなら教えてください。
""")

TECHNICAL = from_constants(TechnicalPatterns, globals(), phrases=PHRASES)
