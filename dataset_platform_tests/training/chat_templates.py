"""Chat templates of five families, written for these tests after their public descriptions.

Each keeps what is peculiar to its family: control tokens, where a system turn goes, names of roles, what
ends a turn. None has generation markers.
"""

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
LLAMA_3 = (
    "<|begin_of_text|>"
    "{% for m in messages %}<|start_header_id|>{{ m['role'] }}<|end_header_id|>\n\n"
    "{{ m['content'] | trim }}<|eot_id|>{% endfor %}"
    "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}"
)
# The system turn goes into the first user turn; roles must alternate; only replies end with a token.
MISTRAL = (
    "{% set lead = '' %}{% set talk = messages %}"
    "{% if messages[0]['role'] == 'system' %}"
    "{% set lead = messages[0]['content'] + '\n\n' %}{% set talk = messages[1:] %}{% endif %}<s>"
    "{% for m in talk %}"
    "{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('user and assistant must alternate') }}{% endif %}"
    "{% if m['role'] == 'user' %}[INST] {{ lead if loop.first else '' }}{{ m['content'] }} [/INST]"
    "{% else %} {{ m['content'] }}</s>{% endif %}{% endfor %}"
)
# The assistant is called `model`; there is no system turn.
GEMMA = (
    "<bos>{% for m in messages %}"
    "{% if m['role'] == 'system' %}{{ raise_exception('there is no system role') }}{% endif %}"
    "<start_of_turn>{{ 'model' if m['role'] == 'assistant' else m['role'] }}\n"
    "{{ m['content'] | trim }}<end_of_turn>\n{% endfor %}"
    "{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)
# ChatML with a system turn of its own where there is none.
QWEN = (
    "{% if messages[0]['role'] != 'system' %}<|im_start|>system\nbe kind<|im_end|>\n{% endif %}"
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)

# Name: template, the token that ends a reply, whether the family takes a system turn.
FAMILIES = {
    "ChatML": (CHATML, "<|im_end|>", True),
    "Llama-3": (LLAMA_3, "<|eot_id|>", True),
    "Mistral": (MISTRAL, "</s>", True),
    "Gemma": (GEMMA, "<end_of_turn>", False),
    "Qwen": (QWEN, "<|im_end|>", True),
}
CONTROL = [
    "<|im_start|>", "<|im_end|>", "<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>",
    "<|eot_id|>", "<s>", "</s>", "[INST]", "[/INST]", "<bos>", "<start_of_turn>", "<end_of_turn>",
]  # fmt: skip
