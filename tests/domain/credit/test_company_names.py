from collections import Counter

import pytest

from zaikong.domain.credit.company_names import CompanyName, company_name


@pytest.mark.parametrize(
    ("text", "core", "province", "form", "branch"),
    [
        ("河南省郑州市华兴商贸有限责任公司", "郑州华兴商贸", "河南", "limited", ""),
        ("鄭州華興商貿 有限公司", "郑州华兴商贸", "", "limited", ""),
        ("ＡＢＣ精密机械（河南）股份有限公司", "ABC精密机械河南", "", "joint_stock", ""),
        ("恒远（集团）有限公司", "恒远集团", "", "limited", ""),
        ("宏达塑料制品有限公司（原宏达塑料厂）", "宏达塑料制品", "", "limited", ""),
        ("众诚管理咨询合伙企业（有限合伙）", "众诚管理咨询", "", "limited_partnership", ""),
        ("瑞丰种植农民专业合作社", "瑞丰种植", "", "cooperative", ""),
        ("瑞丰种植专业合作社联合社", "瑞丰种植", "", "cooperative_union", ""),
        ("兴达商行(个体工商户)", "兴达商行", "", "household", ""),
        ("中国工商银行股份有限公司中牟支行", "中国工商银行", "", "joint_stock", "中牟支行"),
        ("河南金象化工有限公司第二分公司", "金象化工", "河南", "limited", "第2分公司"),
        ("华兴商贸分公司", "华兴商贸", "", "", "分公司"),
        ("中牟县第二机械厂", "中牟第2机械厂", "", "", ""),
        ("十二里屯砖厂", "12里屯砖厂", "", "", ""),
        ("三一重工", "三一重工", "", "", ""),
        ("永辉超市股份有限公司", "永辉超市", "", "joint_stock", ""),
        ("城市之光酒店", "城市之光酒店", "", "", ""),
        ("郑州市金水区老张面馆", "郑州金水老张面馆", "", "", ""),
        ("内蒙古自治区草原乳业公司", "草原乳业", "内蒙古", "company", ""),
        ("有限公司", "有限", "", "company", ""),
        ("--", "", "", "", ""),
    ],
)
def test_a_name_is_taken_apart(text, core, province, form, branch):
    assert company_name(text) == CompanyName(core, province, form, branch)


def test_numbers_are_told_apart_from_signs():
    assert company_name("第十二矿3号井").numbers == Counter({"12": 1, "3": 1})
    assert company_name("河东大药房").opposed == Counter({"东": 1, "大": 1})


@pytest.mark.parametrize(
    ("text", "personal"),
    [("张伟", True), ("欧阳建国", True), ("王记面馆", False), ("华兴有限公司", False), ("老张烩面馆", False)],
)
def test_what_may_be_a_person_is_known(text, personal):
    assert company_name(text).is_personal is personal
