"""What customers write, by topic and tone, in English and Arabic: the raw material of `comments`.

Topics are those of the suite's default taxonomy. Under "suggestion" each key is one idea, worded in several ways, so
that an analysis of recurring suggestions can be held against the truth.
"""

from __future__ import annotations

# topic -> tone -> (English, Arabic)
Wording = tuple[tuple[str, ...], tuple[str, ...]]

PHRASES: dict[str, dict[str, Wording]] = {
    "waiting too long": {
        "negative": (
            (
                "I waited forty minutes before anyone answered.",
                "The wait for an answer was far too long.",
                "Still waiting for a reply after two days.",
                "I was kept on hold and then the line dropped.",
            ),
            (
                "انتظرت أربعين دقيقة قبل أن يرد أحد.",
                "الانتظار طويل جدًا حتى يصل الرد.",
                "مرّ يومان وما زلت أنتظر الرد.",
                "وقت الانتظار على الخط مزعج ثم انقطعت المكالمة.",
            ),
        ),
        "positive": (
            ("I got an answer in a minute, no waiting at all.", "Quick reply, I hardly had to wait."),
            ("جاء الرد خلال دقيقة وبدون انتظار.", "سرعة الرد ممتازة ولم أنتظر."),
        ),
    },
    "needs not understood": {
        "negative": (
            (
                "The agent did not understand what I needed.",
                "I explained it three times and still got the wrong answer.",
                "They answered a question I never asked.",
            ),
            ("الموظف لم يفهم ما أحتاج إليه.", "شرحت طلبي ثلاث مرات ولم يفهمني أحد.", "أجابوا عن سؤال لم أسأله أصلًا."),
        ),
        "positive": (
            ("They understood at once what I needed.", "The agent listened and knew what I wanted."),
            ("فهموا احتياجي من أول مرة.", "الموظف استمع لي وعرف ما أريد."),
        ),
    },
    "question or problem not solved": {
        "negative": (
            (
                "My problem is still not solved.",
                "They closed my case without a solution.",
                "I called three times and nothing was fixed.",
            ),
            ("مشكلتي لم تُحل حتى الآن.", "أغلقوا البلاغ بدون حل.", "اتصلت ثلاث مرات ولم تُحل المشكلة."),
        ),
        "positive": (
            ("My problem was solved on the first call.", "Support fixed the issue the same day."),
            ("حُلّت مشكلتي من أول اتصال.", "الدعم حل المشكلة في نفس اليوم."),
        ),
    },
    "too much automation, no person": {
        "negative": (
            (
                "I only talk to a bot, I want a real person.",
                "The automatic menu goes in circles and no human ever answers.",
                "Please let me speak with a person instead of the chatbot.",
            ),
            (
                "الرد كله آلي وأريد التحدث مع شخص حقيقي.",
                "القائمة الآلية تدور بي ولا يرد أي موظف.",
                "لا توجد لمسة بشرية، كل شيء روبوت.",
            ),
        ),
        "positive": (
            ("Nice to speak with a real person straight away.", "A human answered, not a bot, thank you."),
            ("جميل أن يرد عليّ شخص حقيقي مباشرة.", "رد عليّ موظف وليس روبوت، شكرًا."),
        ),
    },
    "rude staff": {
        "negative": (
            (
                "The agent was rude to me.",
                "The driver shouted and was impolite.",
                "Very disrespectful staff on the phone.",
            ),
            ("الموظف كان أسلوبه سيئًا معي.", "السائق رفع صوته وتعامله غير لائق.", "سوء تعامل من موظف الهاتف."),
        ),
        "positive": (
            ("The staff were polite and kind.", "Very friendly driver."),
            ("تعامل الموظفين راقٍ ومحترم.", "السائق خلوق وبشوش."),
        ),
    },
    "price and fees": {
        "negative": (
            (
                "Prices are too high compared with the shop next door.",
                "The delivery fee is too expensive.",
                "Hidden fees appear at the end of the order.",
                "Everything became more expensive this year.",
            ),
            (
                "الأسعار مرتفعة مقارنة بالمتجر المجاور.",
                "رسوم التوصيل غالية جدًا.",
                "تظهر رسوم مخفية في نهاية الطلب.",
                "كل شيء أصبح أغلى هذا العام.",
            ),
        ),
        "positive": (
            ("Good prices and useful discounts.", "Cheaper than the supermarket, great value."),
            ("الأسعار مناسبة والعروض مفيدة.", "أرخص من السوبرماركت وقيمة ممتازة."),
        ),
    },
    "product quality": {
        "negative": (
            (
                "The vegetables were not fresh.",
                "The milk was past its date.",
                "Half of the strawberries were rotten.",
                "The quality of the meat was poor.",
            ),
            ("الخضار لم تكن طازجة.", "الحليب منتهي الصلاحية.", "نصف الفراولة كانت فاسدة.", "جودة اللحم سيئة."),
        ),
        "positive": (
            ("The fruit was fresh and sweet.", "Excellent quality of vegetables.", "Meat and fish are always fresh."),
            ("الفواكه طازجة وحلوة.", "جودة الخضار ممتازة.", "اللحم والسمك دائمًا طازج."),
        ),
    },
    "delivery": {
        "negative": (
            (
                "The delivery was two hours late.",
                "The driver left the bags at the wrong door.",
                "My order arrived late and the ice cream had melted.",
                "Nobody told me that the delivery was delayed.",
            ),
            (
                "تأخر التوصيل ساعتين.",
                "المندوب ترك الأكياس عند باب آخر.",
                "وصل الطلب متأخرًا والآيسكريم ذائب.",
                "لم يخبرني أحد أن التوصيل سيتأخر.",
            ),
        ),
        "positive": (
            (
                "The delivery was right on time.",
                "Fast delivery, everything well packed.",
                "The driver arrived early and called first.",
            ),
            ("التوصيل في الموعد تمامًا.", "توصيل سريع والتغليف ممتاز.", "المندوب وصل مبكرًا واتصل قبلها."),
        ),
    },
    "returns and refunds": {
        "negative": (
            (
                "I am still waiting for my refund.",
                "Returning a damaged item is too complicated.",
                "They refunded only half of the amount.",
            ),
            ("لم أستلم مبلغ الاسترداد حتى الآن.", "إرجاع منتج تالف معقد جدًا.", "أعادوا لي نصف المبلغ فقط."),
        ),
        "positive": (
            ("The refund reached my account the same day.", "Returning the item was easy."),
            ("وصل الاسترداد إلى حسابي في نفس اليوم.", "إرجاع المنتج كان سهلًا."),
        ),
    },
    "payment": {
        "negative": (
            (
                "My card was charged twice.",
                "The payment failed again and again.",
                "The card payment page shows an error.",
            ),
            ("خُصم المبلغ من بطاقتي مرتين.", "عملية الدفع تفشل كل مرة.", "صفحة الدفع بالبطاقة تظهر خطأ."),
        ),
        "positive": (
            ("Payment is quick and safe.", "Paying by card works smoothly."),
            ("الدفع سريع وآمن.", "الدفع بالبطاقة سلس."),
        ),
    },
    "website and app": {
        "negative": (
            (
                "The app crashes when I open the basket.",
                "The website is slow and search finds nothing.",
                "I could not log in to the app after the update.",
            ),
            (
                "التطبيق يتوقف عند فتح السلة.",
                "الموقع بطيء والبحث لا يجد شيئًا.",
                "لم أستطع تسجيل الدخول إلى التطبيق بعد التحديث.",
            ),
        ),
        "positive": (
            ("The app is easy to use.", "I find everything on the website in seconds."),
            ("التطبيق سهل الاستخدام.", "أجد كل شيء في الموقع خلال ثوانٍ."),
        ),
    },
    "hard to reach": {
        "negative": (
            (
                "I cannot find a phone number to call.",
                "Nobody picks up the phone.",
                "It is hard to reach support by any channel.",
            ),
            ("لا أجد رقمًا للاتصال بكم.", "لا أحد يرد على الهاتف.", "الوصول إلى الدعم صعب من كل القنوات."),
        ),
        "positive": (
            ("Support is easy to reach on every channel.", "They always pick up the phone."),
            ("الوصول إلى الدعم سهل من كل القنوات.", "يردون على الهاتف دائمًا."),
        ),
    },
    "praise": {
        "negative": (("Nothing to praise this time.",), ("لا شيء يستحق الإشادة هذه المرة.",)),
        "positive": (
            (
                "Excellent service, thank you!",
                "I am very happy and recommend you to my friends.",
                "Great experience as always.",
                "The best grocery shop in town.",
            ),
            (
                "خدمة ممتازة، شكرًا لكم!",
                "أنا سعيد جدًا وأنصح بكم أصدقائي.",
                "تجربة رائعة كالعادة.",
                "أفضل متجر بقالة في المدينة.",
            ),
        ),
    },
}

IDEAS: dict[str, Wording] = {
    "evening delivery": (
        ("Please add delivery slots after ten in the evening.", "I suggest later evening delivery times."),
        ("أقترح إضافة مواعيد توصيل بعد العاشرة مساءً.", "ياليت توفرون توصيل في وقت متأخر من المساء."),
    ),
    "repeat last order": (
        ("A button to repeat my last order would help.", "Please let me order the same basket again with one click."),
        ("أتمنى إضافة زر لتكرار آخر طلب.", "أقترح إعادة طلب نفس السلة بضغطة واحدة."),
    ),
    "more organic products": (
        ("Please offer more organic products.", "I would like a wider organic choice."),
        ("أتمنى توفير منتجات عضوية أكثر.", "أقترح زيادة المنتجات العضوية."),
    ),
    "less plastic": (
        ("Please use fewer plastic bags.", "I suggest paper bags instead of plastic."),
        ("أقترح استخدام أكياس ورقية بدل البلاستيك.", "الرجاء تقليل الأكياس البلاستيكية."),
    ),
    "live tracking": (
        ("It would be good to follow the driver on a map.", "Please add live tracking of the order."),
        ("أتمنى تتبع المندوب على الخريطة.", "أقترح إضافة تتبع مباشر للطلب."),
    ),
}

OPENERS: dict[str, Wording] = {
    "negative": (
        ("", "", "Honestly, ", "I am disappointed. ", "Sorry to say: "),
        ("", "", "للأسف، ", "بصراحة ", "تجربة سيئة. "),
    ),
    "positive": (
        ("", "", "Thank you. ", "Really good. ", "Well done! "),
        ("", "", "ما شاء الله، ", "شكرًا. ", "ممتاز! "),
    ),
    "neutral": (("", "", "One idea: "), ("", "", "فكرة: ")),
    "ticket": (("", "Hello, ", "Good morning. "), ("", "السلام عليكم، ", "مرحبًا، ")),
}
CLOSERS: dict[str, Wording] = {
    "negative": (
        ("", "", "", " Please improve this.", " I may stop ordering."),
        ("", "", "", " أرجو تحسين ذلك.", " قد أتوقف عن الطلب."),
    ),
    "positive": (("", "", "", " Keep it up.", " See you next week."), ("", "", "", " استمروا.", " إلى الأمام.")),
    "neutral": (("", "", " Thanks."), ("", "", " وشكرًا.")),
    "ticket": (("", " Please help.", " Order number {order}."), ("", " أرجو المساعدة.", " رقم الطلب {order}.")),
}
# Contacts that a report must mask: reserved example addresses and numbers that nobody has.
CONTACTS: Wording = (
    (" Call me on 0550000000.", " Write to me at customer@example.com."),
    (" اتصلوا بي على ٠٥٥٠٠٠٠٠٠٠.", " راسلوني على customer@example.com."),
)
